/** Runs other programs and waits for them to exit. */
import { execFile } from "node:child_process"

export interface Finished {
  /** The exit code; -1 when a signal ended it. */
  readonly code: number
  /** What it printed, on both outputs. */
  readonly output: string
}

export interface RunOptions {
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  /** Seconds after which the program is killed. Default 180. */
  readonly limit?: number
}

export const run = (program: string, args: ReadonlyArray<string>, options: RunOptions): Promise<Finished> =>
  new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        cwd: options.directory,
        env: { ...process.env, NO_COLOR: "1", ...options.environment },
        maxBuffer: 64 * 1024 * 1024,
        timeout: (options.limit ?? 180) * 1000,
        killSignal: "SIGKILL"
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1
        const output = stdout + stderr
        resolve({ code, output: code === -1 && error !== null ? `${output}\n${error.message}` : output })
      }
    )
    child.stdin?.on("error", () => {})
    child.stdin?.end(options.input ?? "")
  })

/** The output of a program that exits with 0; any other exit code is an error that shows the output. */
export const succeed = async (program: string, args: ReadonlyArray<string>, options: RunOptions): Promise<string> => {
  const { code, output } = await run(program, args, options)
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: exit code ${code}\n${output.trim()}`)
  return output
}

/** Installs what the folder's `package.json` and `packages` name; fails with npm's output. */
export const npmInstall = (directory: string, packages: ReadonlyArray<string>, flags: ReadonlyArray<string> = []) =>
  succeed("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...flags, ...packages], {
    directory,
    // On a machine that does much else.
    limit: 600
  })
