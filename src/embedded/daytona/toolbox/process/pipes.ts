import { execFile } from "node:child_process"
import { closeSync, constants, openSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

/** Two pipes between this process and one that is to be started, as file descriptors. */
export interface Pipes {
  /** What the other process reads; to be closed here once it has it. */
  readonly input: number
  /** What writes to that, without ever blocking. */
  readonly toInput: number
  /** What the other process writes to; to be closed here once it has it. */
  readonly output: number
  /** What reads that, without ever blocking. */
  readonly fromOutput: number
}

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

const execute = promisify(execFile)

/**
 * Makes real pipes. Those of `spawn` are sockets, which cannot be opened by way of `/dev/stdin`, `/dev/stdout` and `/dev/stderr`
 * as every other script does; and only one pipe for both outputs keeps their order.
 */
export const make = async (): Promise<Pipes> => {
  const directory = await mkdtemp(join(tmpdir(), "daytona-pipes-"))
  const [inputPath, outputPath] = [join(directory, "in"), join(directory, "out")]
  try {
    await execute("mkfifo", [inputPath, outputPath])
    // Opening an end waits for the other one, unless it is a reader that does not block.
    const opener = openSync(inputPath, O_RDONLY | O_NONBLOCK)
    const toInput = openSync(inputPath, O_WRONLY | O_NONBLOCK)
    const input = openSync(inputPath, O_RDONLY)
    closeSync(opener)
    const fromOutput = openSync(outputPath, O_RDONLY | O_NONBLOCK)
    const output = openSync(outputPath, O_WRONLY)
    return { input, toInput, output, fromOutput }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
