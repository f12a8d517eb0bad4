/** The console: starts, signs in where no key is needed, and shows the pages. */

import "./styles.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Button, Failure, Loading } from "./ui/basics";
import { queries, start, useSession } from "./api/session";
import { SignIn } from "./pages/signin";
import { router } from "./router";
import { applyTheme } from "./ui/theme";

function Console() {
  const session = useSession();
  if (session.state === "starting") return <Loading what="the console" />;
  if (session.state === "unreachable") {
    return (
      <main className="mx-auto mt-[12dvh] w-[min(28rem,calc(100vw-2rem))]">
        <Failure error={new Error(session.problem?.text)} />
        <Button onClick={() => void start()}>Try again</Button>
      </main>
    );
  }
  if (session.state === "signed-out") return <SignIn />;
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}

applyTheme();
void start();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
