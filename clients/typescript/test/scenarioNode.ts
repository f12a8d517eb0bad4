/** The scenario over gRPC; prints its results. */

import { MemoryClient } from "@agent-memory/client";

import { scenario } from "./scenario.js";

using memory = new MemoryClient({ baseUrl: process.env["AGENT_MEMORY_ADDRESS"] ?? "" });
console.log(JSON.stringify(await scenario(memory, process.env["AGENT_MEMORY_SCENARIO"] ?? "")));
