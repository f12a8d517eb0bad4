/** A prompt for a model: what each section takes, what was left out, and what it says. */

import { type BuildMemoryPromptResponse, PromptSection } from "../api/contract";

const SECTIONS: Record<PromptSection, { label: string; fill: string }> = {
  [PromptSection.UNSPECIFIED]: { label: "Other", fill: "bg-other" },
  [PromptSection.STANDING]: { label: "Standing", fill: "bg-names" },
  [PromptSection.SUMMARY]: { label: "Summary", fill: "bg-around" },
  [PromptSection.MEMORIES]: { label: "Memories", fill: "bg-words" },
  [PromptSection.HISTORY]: { label: "History", fill: "bg-meaning" },
  [PromptSection.QUERY]: { label: "Question", fill: "bg-time" },
};

export function Prompt({ prompt }: { prompt: BuildMemoryPromptResponse }) {
  const total = Math.max(1, Number(prompt.tokens));
  const sections = prompt.sections.filter((each) => each.tokens > 0n || each.leftOutIds.length > 0);
  return (
    <div data-prompt>
      <div className="flex h-2.5 overflow-hidden rounded-sm bg-sunk" aria-hidden>
        {sections.map((each) => (
          <span key={each.section} className={`${SECTIONS[each.section].fill} border-r border-panel`} style={{ width: `${(100 * Number(each.tokens)) / total}%` }} />
        ))}
      </div>
      <table className="mt-2 w-full text-[0.93rem]">
        <caption className="sr-only">Tokens of the prompt by section</caption>
        <thead>
          <tr className="text-left text-[0.857rem] text-dim">
            <th scope="col" className="py-1 font-medium">
              Section
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              Tokens
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              Items
            </th>
            <th scope="col" className="py-1 text-right font-medium">
              Left out
            </th>
          </tr>
        </thead>
        <tbody>
          {sections.map((each) => (
            <tr key={each.section} className="border-t border-line">
              <th scope="row" className="py-1 text-left font-normal">
                <span aria-hidden className={`mr-2 inline-block size-2.5 rounded-xs ${SECTIONS[each.section].fill}`} />
                {SECTIONS[each.section].label}
              </th>
              <td className="text-right">{each.tokens.toLocaleString()}</td>
              <td className="text-right">{each.included}</td>
              <td className="text-right">{leftOut(each.leftOutIds.length, each.duplicateIds.length)}</td>
            </tr>
          ))}
          <tr className="border-t-2 border-edge font-medium">
            <th scope="row" className="py-1 text-left">
              All
            </th>
            <td className="text-right">{prompt.tokens.toLocaleString()}</td>
            <td />
            <td />
          </tr>
        </tbody>
      </table>
      <details className="mt-3">
        <summary className="min-h-[1.72rem] text-accent">What the model is told</summary>
        <ol className="mt-2 flex max-h-96 flex-col gap-3 overflow-auto rounded bg-sunk p-3" tabIndex={0} aria-label="Messages of the prompt">
          {prompt.messages.map((message, index) => (
            <li key={index}>
              <span className="mono text-dim">{message.role}</span>
              <p className="break-words whitespace-pre-wrap">{message.content}</p>
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}

function leftOut(room: number, twice: number): string {
  const told = [room ? `${room} for room` : "", twice ? `${twice} said twice` : ""].filter(Boolean);
  return told.join(", ") || "none";
}
