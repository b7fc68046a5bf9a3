/** What a close frame can carry. */

const longestReason = 123

/** Codes that only say something about a connection are never sent, but for 1005, which stands for a frame without a code. */
const isSendable = (code: number): boolean =>
  (Number.isInteger(code) && code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) ||
  (Number.isInteger(code) && code >= 3000 && code <= 4999)

/** Whether there can be a close frame with this code and reason. */
export const fitsCloseFrame = (code: number, reason: string): boolean =>
  isSendable(code) && new TextEncoder().encode(reason).length <= longestReason
