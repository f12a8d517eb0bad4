/** Differences between two texts, word by word. */

export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}

const MOST_WORDS = 600;

/** Return the pieces of both texts, in the order in which they are read. */
export function differences(before: string, after: string): Piece[] {
  const old = before.match(/^\s+|\S+\s*/g) ?? [];
  const now = after.match(/^\s+|\S+\s*/g) ?? [];
  if (old.length > MOST_WORDS || now.length > MOST_WORDS) {
    return joined([
      { kind: "removed", text: before },
      { kind: "added", text: after },
    ]);
  }
  // Lengths of the longest common sequences of both ends.
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const at = i * width + j;
      lengths[at] =
        old[i] === now[j]
          ? (lengths[at + width + 1] ?? 0) + 1
          : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
    }
  }
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const at = i * width + j;
    if (i < old.length && j < now.length && old[i] === now[j]) {
      pieces.push({ kind: "same", text: old[i++] ?? "" });
      j++;
    } else if (i < old.length && (j >= now.length || (lengths[at + width] ?? 0) >= (lengths[at + 1] ?? 0))) {
      pieces.push({ kind: "removed", text: old[i++] ?? "" });
    } else {
      pieces.push({ kind: "added", text: now[j++] ?? "" });
    }
  }
  return joined(pieces);
}

function joined(pieces: Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else if (piece.text) result.push({ ...piece });
  }
  return result;
}
