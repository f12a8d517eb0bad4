/** Erasure of a user from all three services, in the order in which memories flow. */

import { toJson } from "@bufbuild/protobuf";
import { EraseReceiptSchema } from "@contract/agent_memory/common/v1/erase_pb";
import { extraction, longTerm, working } from "../api/calls";
import type { ErasedSession, EraseReceipt } from "../api/contract";

const LARGEST_BATCH = 10_000;

/**
 * Erase a user; answers the receipts.
 *
 * Each service is told which sessions the ones before it erased, so that nothing of them that is on
 * its way comes back. After an error all of it may be repeated.
 */
export async function erase(userId: string): Promise<EraseReceipt[]> {
  const sessions = new Map<string, ErasedSession>();
  const receipts: EraseReceipt[] = [];
  const note = (answer: { receipt?: EraseReceipt; sessions?: ErasedSession[] }) => {
    if (answer.receipt) receipts.push(answer.receipt);
    for (const each of answer.sessions ?? []) {
      const known = sessions.get(each.sessionUid);
      if (known) known.ownedLate ||= each.ownedLate;
      else sessions.set(each.sessionUid, each);
    }
  };
  note(await working.eraseUser({ userId }));
  for (const batch of batches(sessions)) note(await extraction.eraseUser({ userId, sessions: batch }));
  for (const batch of batches(sessions)) note(await longTerm.eraseUser({ userId, sessions: batch }));
  return receipts;
}

function batches(sessions: Map<string, ErasedSession>): ErasedSession[][] {
  const all = [...sessions.values()];
  const result: ErasedSession[][] = [];
  for (let begin = 0; begin < Math.max(1, all.length); begin += LARGEST_BATCH) result.push(all.slice(begin, begin + LARGEST_BATCH));
  return result;
}

/** Return the receipts as a document. */
export function receiptText(userId: string, receipts: EraseReceipt[]): string {
  return `${JSON.stringify({ user_id: userId, receipts: receipts.map((each) => toJson(EraseReceiptSchema, each, { useProtoFieldName: true })) }, null, 2)}\n`;
}
