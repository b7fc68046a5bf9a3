/**
 * Cleans up after a process that ended without closing its servers, however it ended: a signal, an exception,
 * `process.exit`. A process cannot do that itself without changing what signals do to the program that embeds it, and
 * after SIGKILL it cannot at all; so another process, a shell of about a megabyte, waits for its end.
 */
import { spawn } from "node:child_process"
import { readFileSync, readlinkSync } from "node:fs"
import { Socket } from "node:net"
import { hostname } from "node:os"
import * as Option from "effect/Option"

/** Begins the name of every sandbox's directory. */
export const prefix = "daytona-sandbox-"

/** The lock file of a directory, next to it. */
export const lockOf = (directory: string): string => `${directory}.lock`

const readText = Option.liftThrowable((path: string) => readFileSync(path, "latin1"))
const readTarget = Option.liftThrowable((path: string) => readlinkSync(path))

/**
 * Names this process, on this computer and among the processes that it can see: a process id alone may be reused, and
 * belongs to another process in another container that shares the directory.
 */
const owner = () => {
  const stat = Option.getOrElse(readText("/proc/self/stat"), () => "")
  // The second field is the name of the program, in parentheses.
  const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  const namespace = Option.getOrElse(readTarget("/proc/self/ns/pid"), () => "")
  return { place: `${hostname()} ${namespace}`, process: `${process.pid} ${start}` }
}

/** What the lock file of a sandbox's directory contains: where and by which process it is owned, and the sandbox. */
export const lock = (sandboxId: string): string => {
  const { place, process } = owner()
  return `${place}\n${process}\n${sandboxId}\n`
}

/**
 * Reads parent directories, one a line, until the process that started it has ended. It sweeps each of them when it is
 * told of it, and all of them at the end: it kills the processes of sandboxes whose owner has ended, which carry the
 * sandbox's id in their environment, and removes their directories. Where the system does not show the environments of
 * processes, only the directories go.
 */
const script = `
trap '' HUP INT TERM
here=$1 owner=$2
shift 2

# Whether the process "$1" that started at "$2" runs: not if it has ended and its parent does not know yet.
lives() {
  if [ -r /proc/self/stat ]; then
    stat=
    { read -r stat < "/proc/$1/stat"; } 2> /dev/null
    set -- "$2" \${stat##*) }
    [ "$#" -gt 20 ] && [ "$1" = "\${21}" ] && [ "$2" != Z ] && [ "$2" != X ]
  else
    case $(ps -o stat= -p "$1") in '' | Z*) false ;; esac
  fi
}

processes() {
  grep -ls "DAYTONA_SANDBOX_ID=$1" /proc/[0-9]*/environ 2> /dev/null | cut -d / -f 3
}

signal() {
  for pid in $(processes "$2"); do kill "-$1" "$pid" 2> /dev/null; done
}

sweep() {
  for lock in "$1"/${prefix}*.lock; do
    # Everyone can write to the temporary directory.
    [ -f "$lock" ] && [ -O "$lock" ] && [ ! -L "$lock" ] || continue
    place= process= sandbox=
    { IFS= read -r place && read -r process && read -r sandbox; } < "$lock" || continue
    [ "$place" = "$here" ] || continue
    case $process in *[!0-9\\ ]* | '') continue ;; esac
    case $sandbox in *[!0-9a-zA-Z-]* | '') continue ;; esac
    lives $process && continue
    signal TERM "$sandbox"
    signal HUP "$sandbox"
    rounds=0
    while [ -n "$(processes "$sandbox")" ] && [ "$rounds" -lt 50 ]; do
      [ "$rounds" -lt 5 ] || signal KILL "$sandbox"
      sleep 0.1
      rounds=$((rounds + 1))
    done
    rm -rf -- "\${lock%.lock}" "$lock"
  done
}

while IFS= read -r parent; do
  sweep "$parent"
  set -- "$@" "$parent"
done
while lives $owner; do sleep 0.1; done
for parent do sweep "$parent"; done
`

interface Guard {
  readonly tell: (parent: string) => void
}

const start = (onEnd: () => void): Guard => {
  const { place, process } = owner()
  const child = spawn("/bin/sh", ["-c", script, "daytona-sandbox-guard", place, process], {
    cwd: "/",
    // Not in this process's group, whose members a terminal interrupts together.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"]
  })
  const { stdin } = child
  child.once("error", onEnd)
  child.once("exit", onEnd)
  stdin.on("error", onEnd)
  child.unref()
  if (stdin instanceof Socket) stdin.unref()
  const told = new Set<string>()
  return {
    tell: (parent) => {
      // The guard reads lines.
      if (told.has(parent) || parent.includes("\n")) return
      told.add(parent)
      stdin.write(`${parent}\n`)
    }
  }
}

/** One for all servers of this process: they end together. */
let current: Guard | undefined

/**
 * Has a parent of sandboxes' directories swept once now, of what earlier processes left behind, and once this process
 * has ended. Call it before the first directory is created.
 */
export const watch = (parent: string): void => {
  current ??= start(() => {
    current = undefined
  })
  current.tell(parent)
}
