/** A memory as it stands in a list. */

import { Link } from "@tanstack/react-router";
import { type Memory, MemoryType } from "../api/contract";
import { EventWhen, When } from "../lib/time";
import { Tag } from "./basics";

export function kindOf(memory: Memory): string {
  if (memory.type === MemoryType.MESSAGE) return "message";
  return memory.type === MemoryType.EPISODIC ? "event" : "fact";
}

/** How a memory stands now: true, ended, merged or archived. */
export function Standing({ memory }: { memory: Memory }) {
  return (
    <>
      {memory.standing ? <Tag tone="accent">standing</Tag> : null}
      {memory.pinned ? <Tag tone="accent">pinned</Tag> : null}
      {memory.mergedInto ? <Tag tone="warn">merged</Tag> : null}
      {memory.validity?.invalidFrom ? <Tag tone="warn">no longer true</Tag> : null}
      {memory.archiveTime ? <Tag tone="warn">archived</Tag> : null}
      {memory.conflictsWith.length > 0 ? <Tag tone="bad">contradicted</Tag> : null}
      {memory.forgetRequestTime ? <Tag tone="bad">asked to forget</Tag> : null}
    </>
  );
}

export function MemoryLink({ memory, className = "" }: { memory: Memory; className?: string }) {
  return (
    <Link data-open to="/memory" search={{ id: memory.id }} className={`inline-block min-h-[1.72rem] break-words text-ink no-underline hover:underline ${className}`}>
      {memory.text}
    </Link>
  );
}

// High enough to be hit by a finger.
const TARGET = "inline-flex min-h-[1.72rem] min-w-[1.72rem] items-center";

export function MemoryMeta({ memory, owner = true }: { memory: Memory; owner?: boolean }) {
  return (
    <div className="flex flex-wrap items-center gap-x-2 text-[0.857rem] text-dim">
      <span>{kindOf(memory)}</span>
      <Standing memory={memory} />
      {owner && memory.userId ? (
        <Link to="/user" search={{ id: memory.userId }} className={TARGET}>
          {memory.userId}
        </Link>
      ) : null}
      {memory.sessionId ? (
        <Link to="/session" search={{ id: memory.sessionId, ns: memory.namespace, m: memory.sequence ? String(memory.sequence) : "" }} className={TARGET}>
          {memory.sessionId}
        </Link>
      ) : null}
      {memory.eventTime ? (
        <span>
          on <EventWhen event={memory.eventTime} />
        </span>
      ) : (
        <When at={memory.createTime} />
      )}
      {memory.topics.slice(0, 4).map((topic) => (
        <Tag key={topic}>{topic}</Tag>
      ))}
    </div>
  );
}
