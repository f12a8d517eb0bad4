/** A conversation without a model: what is said is stored, and what a model would be told is shown. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useId, useRef, useState } from "react";
import { longTerm, problem, working } from "../api/calls";
import { MemoryType, type WorkingMemory } from "../api/contract";
import { useFollow } from "../api/follow";
import { queries, useMay } from "../api/session";
import { When } from "../lib/time";
import { Button, Empty, Failure, Loaded, Page, Panel } from "../ui/basics";
import { MemoryLink, Standing } from "../ui/memory";
import { Prompt } from "../ui/prompt";
import { StreamTag } from "../ui/stream";

const route = getRouteApi("/try");

export function TryPage() {
  const { user = "", session = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useMay("writer");
  const ids = { user: useId(), session: useId() };
  if (!mayWrite) {
    return (
      <Page title="Try it">
        <Panel>
          <Empty title="Not allowed">This key may read and not write. A key of a writer can hold a conversation here.</Empty>
        </Panel>
      </Page>
    );
  }
  if (user && session) return <Conversation key={`${user} ${session}`} user={user} session={session} />;
  return (
    <Page title="Try it" lead="A conversation that needs no model: what is said is stored, facts appear as they are found, and what a model would be told is shown.">
      <form
        className="panel flex max-w-xl flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          void navigate({ search: { user: String(form.get("user")).trim(), session: String(form.get("session")).trim() } });
        }}
      >
        <div>
          <label className="label" htmlFor={ids.user}>
            As user
          </label>
          <input id={ids.user} name="user" className="field" required autoComplete="off" placeholder="alice" />
        </div>
        <div>
          <label className="label" htmlFor={ids.session}>
            In session
          </label>
          <input id={ids.session} name="session" className="field" required autoComplete="off" defaultValue={`try-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}`} />
        </div>
        <div>
          <Button type="submit" tone="main">
            Begin
          </Button>
        </div>
      </form>
    </Page>
  );
}

function Conversation({ user, session }: { user: string; session: string }) {
  const [role, setRole] = useState("user");
  const [question, setQuestion] = useState("");
  const input = useRef<HTMLTextAreaElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const ids = { text: useId(), role: useId() };
  const view = useQuery({
    queryKey: ["session", "", session, "view"],
    queryFn: async ({ signal }) => {
      try {
        return (await working.getWorkingMemory({ sessionId: session }, { signal })).workingMemory as WorkingMemory;
      } catch (error) {
        if (problem(error).kind === "absent") return null;
        throw error;
      }
    },
  });
  const facts = useQuery({
    queryKey: ["try", user],
    queryFn: async ({ signal }) =>
      (
        await longTerm.listMemories(
          { filter: { userId: { eq: user }, type: { none: [MemoryType.MESSAGE] } }, pageSize: 200 },
          { signal },
        )
      ).memories,
  });
  const following = useFollow(
    `${user} ${session}`,
    (resumeToken, options) => longTerm.watchMemories({ filter: { userId: { eq: user } }, resumeToken }, options),
    ({ change }) => {
      if (change && change.memory?.type !== MemoryType.MESSAGE) void queries.invalidateQueries({ queryKey: ["try", user] });
    },
    () => void queries.invalidateQueries({ queryKey: ["try", user] }),
  );
  const prompt = useQuery({
    queryKey: ["try-prompt", user, session, question, facts.data?.length ?? 0],
    enabled: question !== "",
    queryFn: ({ signal }) =>
      working.buildMemoryPrompt(
        {
          query: question,
          session: { sessionId: session },
          longTermSearch: { query: { untracked: true, filter: { userId: { eq: user } } } },
          omitQuery: true,
        },
        { signal },
      ),
    placeholderData: (before) => before,
  });
  const say = useMutation({
    mutationFn: (content: string) => working.appendMessages({ sessionId: session, userId: user, messages: [{ role, content }] }),
    onSuccess: (_, content) => {
      if (role === "user") setQuestion(content);
      if (input.current) input.current.value = "";
      input.current?.focus();
      void queries.invalidateQueries({ queryKey: ["session", "", session] });
    },
  });
  const messages = view.data?.messages ?? [];
  useEffect(() => {
    void end.current?.scrollIntoView({ block: "nearest" });
  }, [messages.length]);
  return (
    <Page
      title="Try it"
      lead={
        <>
          As{" "}
          <Link to="/user" search={{ id: user }}>
            {user}
          </Link>{" "}
          in{" "}
          <Link to="/session" search={{ id: session }}>
            {session}
          </Link>
        </>
      }
      actions={<StreamTag following={following} />}
    >
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel flush title="What is said">
          <div className="max-h-[52dvh] min-h-48 overflow-auto px-4 py-3" tabIndex={0} role="log" aria-label="Conversation">
            {view.error ? <Failure error={view.error} /> : null}
            {messages.length === 0 && !view.isPending ? <Empty title="Say something about yourself">I play the cello, and I live in Ghent.</Empty> : null}
            <ol className="flex flex-col gap-3">
              {messages.map((message) => (
                <li key={message.id} className={message.role === "user" ? "ml-auto max-w-[85%] rounded-lg rounded-br-xs bg-tint px-3 py-2" : "max-w-[85%] rounded-lg rounded-bl-xs bg-sunk px-3 py-2"}>
                  <div className="text-[0.8rem] text-dim">
                    {message.name || message.role}, <When at={message.createTime} clock />
                  </div>
                  <p className="break-words whitespace-pre-wrap">{message.content}</p>
                </li>
              ))}
            </ol>
            <div ref={end} />
          </div>
          <form
            className="flex flex-col gap-2 border-t border-line p-3"
            onSubmit={(event) => {
              event.preventDefault();
              const content = input.current?.value.trim() ?? "";
              if (content && !say.isPending) say.mutate(content);
            }}
          >
            <label className="sr-only" htmlFor={ids.text}>
              Message
            </label>
            <textarea
              id={ids.text}
              ref={input}
              className="field"
              rows={2}
              placeholder="I play the cello, and I live in Ghent."
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
                  event.preventDefault();
                  event.currentTarget.form?.requestSubmit();
                }
              }}
            />
            <div className="flex items-center justify-between gap-2">
              <div className="flex items-center gap-2 text-[0.93rem]">
                <label htmlFor={ids.role} className="text-dim">
                  said by the
                </label>
                <select id={ids.role} className="field min-h-7! w-auto! py-0.5!" value={role} onChange={(event) => setRole(event.target.value)}>
                  <option value="user">user</option>
                  <option value="assistant">assistant</option>
                </select>
              </div>
              <Button type="submit" tone="main" disabled={say.isPending}>
                Say
              </Button>
            </div>
            {say.error ? <Failure error={say.error} /> : null}
          </form>
        </Panel>
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title={`What is known of ${user}`} aside={facts.data ? String(facts.data.length) : null}>
            <Loaded query={facts} what="facts">
              {(all) =>
                all.length === 0 ? (
                  <p className="text-dim">Nothing yet. Facts are found a little after the last message.</p>
                ) : (
                  <ul className="flex flex-col gap-1.5" aria-label="Facts">
                    {all.map((fact) => (
                      <li key={fact.id} className="border-l-2 border-words pl-2">
                        <MemoryLink memory={fact} /> <Standing memory={fact} />
                      </li>
                    ))}
                  </ul>
                )
              }
            </Loaded>
          </Panel>
          <Panel title="What a model would be told next" aside={prompt.data ? `${prompt.data.tokens.toLocaleString()} tokens` : null}>
            {question === "" ? <p className="text-dim">It is built when the user has said something.</p> : <Loaded query={prompt} what="the prompt">{(built) => <Prompt prompt={built} />}</Loaded>}
          </Panel>
        </div>
      </div>
    </Page>
  );
}
