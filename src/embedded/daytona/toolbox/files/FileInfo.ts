/** File metadata as the daemon reports it. */
import type { BigIntStats } from "node:fs"
import { basename } from "node:path"
import type { Machine } from "../Machine.js"

/** The metadata of a file; a link has that of its target. */
export interface FileInfo {
  readonly name: string
  readonly size: number
  /** As Go formats it: `-rw-r--r--`. */
  readonly mode: string
  /** As Go formats it: `2026-01-02 03:04:05.6 +0000 UTC`. */
  readonly modTime: string
  readonly modifiedAt: string
  readonly isDir: boolean
  /** The user id. */
  readonly owner: string
  /** The group id. */
  readonly group: string
  /** Octal: `0644`. */
  readonly permissions: string
  /** The absolute path; the older daemon omits it. */
  readonly path?: string
}

export const make = (
  requested: string,
  absolute: string,
  stats: BigIntStats,
  generation: Machine["generation"]
): FileInfo => {
  const { date, fraction, time } = momentOf(stats)
  return {
    name: basename(requested) || requested,
    size: Number(stats.size),
    mode: modeOf(stats),
    modTime: `${date} ${time}${fraction} +0000 UTC`,
    modifiedAt: `${date}T${time}${fraction}Z`,
    isDir: stats.isDirectory(),
    owner: `${stats.uid}`,
    group: `${stats.gid}`,
    permissions: (stats.mode & 0o777n).toString(8).padStart(4, "0"),
    ...(generation === "current" ? { path: absolute } : {})
  }
}

// Nanoseconds, without trailing zeros.
const momentOf = ({ mtimeNs }: BigIntStats) => {
  const nanoseconds = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = Number((mtimeNs - nanoseconds) / 1_000_000_000n)
  const [date = "", time = ""] = new Date(seconds * 1000).toISOString().slice(0, 19).split("T")
  const digits = `${nanoseconds}`.padStart(9, "0").replace(/0+$/, "")
  return { date, time, fraction: digits === "" ? "" : `.${digits}` }
}

const modeOf = (stats: BigIntStats): string => {
  const { mode } = stats
  const kinds = [
    stats.isDirectory() ? "d" : "",
    stats.isBlockDevice() || stats.isCharacterDevice() ? "D" : "",
    stats.isFIFO() ? "p" : "",
    stats.isSocket() ? "S" : "",
    (mode & 0o4000n) === 0n ? "" : "u",
    (mode & 0o2000n) === 0n ? "" : "g",
    stats.isCharacterDevice() ? "c" : "",
    (mode & 0o1000n) === 0n ? "" : "t"
  ].join("")
  const bits = [..."rwxrwxrwx"].map((letter, index) => (((mode >> BigInt(8 - index)) & 1n) === 1n ? letter : "-"))
  return `${kinds === "" ? "-" : kinds}${bits.join("")}`
}
