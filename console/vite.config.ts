import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "/console/",
  plugins: [react(), tailwindcss()],
  resolve: {
    // The generated client stands beside the clients of other languages; its library is the one here.
    alias: { "@contract": at("../clients/typescript/src/gen") },
    dedupe: ["@bufbuild/protobuf"],
  },
  build: {
    outDir: at("../services/agent_memory_services/embedded/console"),
    emptyOutDir: true,
    target: "es2023",
    // Everything is a file of its own: the content security policy allows nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: {
    // `agent-memory up` beside `npm run dev`.
    proxy: { "^/agent_memory\\.": "http://127.0.0.1:8000" },
  },
});
