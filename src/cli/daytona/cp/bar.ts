/** A bar that shows how much has been done. */
import { size } from "../../frame/words.js"

const width = 20

/** `████░░░░ 41 %  12 MB of 30 MB  4 MB/s  2 of 7 files`, in the order of what is cut last. */
export const bar = (done: {
  readonly bytes: number
  readonly ofBytes: number
  readonly files: number
  readonly ofFiles: number
  /** Milliseconds since the beginning. */
  readonly elapsed: number
}): string => {
  const share = done.ofBytes === 0 ? 1 : Math.min(1, done.bytes / done.ofBytes)
  const full = Math.round(share * width)
  const speed = done.elapsed < 1 ? 0 : (done.bytes * 1_000) / done.elapsed
  return [
    `${"█".repeat(full)}${"░".repeat(width - full)} ${Math.floor(share * 100)} %`,
    `${size(done.bytes)} of ${size(done.ofBytes)}`,
    `${size(speed)}/s`,
    ...(done.ofFiles > 1 ? [`${done.files} of ${done.ofFiles} files`] : [])
  ].join("  ")
}
