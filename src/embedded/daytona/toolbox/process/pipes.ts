/** Makes real pipes for a child process. */
import { execFile } from "node:child_process"
import { closeSync, constants, openSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

/** Two pipes between this process and a child process, as file descriptors. */
export interface Pipes {
  /** The child's end of the input; to be closed here once the child has it. */
  readonly input: number
  /** Writes to the input without blocking. */
  readonly toInput: number
  /** The child's end of the output; to be closed here once the child has it. */
  readonly output: number
  /** Reads the output without blocking. */
  readonly fromOutput: number
}

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

const execute = promisify(execFile)

/**
 * Makes real pipes. Those of `spawn` are sockets, which cannot be opened as `/dev/stdin`, `/dev/stdout` and
 * `/dev/stderr`, as many scripts do; and the order of stdout and stderr is only preserved in a single pipe.
 */
export const make = async (): Promise<Pipes> => {
  const directory = await mkdtemp(join(tmpdir(), "daytona-pipes-"))
  const [inputPath, outputPath] = [join(directory, "in"), join(directory, "out")]
  try {
    await execute("mkfifo", [inputPath, outputPath])
    // Opening one end blocks until the other is open, except for a non-blocking reader.
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
