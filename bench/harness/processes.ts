/** Processes of the bench, one for each measurement. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { join } from "node:path"
import { distDirectory } from "./directories.js"
import type { Figures, Setting, Suite, Table } from "./Suite.js"

/** What takes longer than that, in seconds, hangs. */
const defaultPatience = 180

const start = (task: object, [program, ...before]: ReadonlyArray<string> = []): ChildProcess => {
  const worker = ["--expose-gc", join(distDirectory, "harness", "worker.js"), JSON.stringify(task)]
  return spawn(program ?? process.execPath, program === undefined ? worker : [...before, process.execPath, ...worker], {
    // What the peers print is no part of the report.
    stdio: ["ignore", 2, 2, "ipc"]
  })
}

const namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]

/** What runs a program among processes of its own: as root, or where everyone may; `undefined` where neither. */
const namespaced = (): ReadonlyArray<string> | undefined =>
  [namespace, [...namespace, "--map-root-user"]].find(
    ([program = "", ...before]) => spawnSync(program, [...before, "true"], { stdio: "ignore" }).status === 0
  )

const firstMessage = (child: ChildProcess, patience = defaultPatience): Promise<object> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`took longer than ${patience} s`)), patience * 1000)
    child.once("message", (message) => resolve(Object(message)))
    child.once("error", reject)
    child.once("exit", (code, signal) => reject(new Error(`ended with ${code ?? signal}`)))
    child.once("exit", () => clearTimeout(timer))
  })

const finished = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })

const end = (child: ChildProcess): Promise<void> => {
  child.kill("SIGKILL")
  return finished(child)
}

const numbersIn = (message: object): Figures =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [name, Number(value)]))

const textsIn = (message: object): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [name, String(value)]))

export const measure = async (suite: string, table: Table, variant: string, setting: Setting): Promise<Figures> => {
  const child = start({ suite, table: table.name, variant, setting })
  try {
    return numbersIn(await firstMessage(child, table.patience))
  } finally {
    await end(child)
  }
}

/** A server for as long as `use` takes. */
export const withServer = async <A>(
  suite: string,
  { ownProcesses }: Pick<Suite, "ownProcesses">,
  { progress, size }: { readonly size: number; readonly progress: (text: string) => void },
  use: (server: Setting["server"]) => Promise<A>
): Promise<A> => {
  const isolation = ownProcesses === true ? namespaced() : undefined
  if (ownProcesses === true && isolation === undefined) {
    progress(`${suite}: no namespace for processes, so sandboxes search the processes of the whole machine`)
  }
  const child = start({ suite, setting: { server: {}, size } }, isolation)
  try {
    return await use(textsIn(await firstMessage(child)))
  } finally {
    // It may have files to remove, which it does when nobody is connected to it any longer.
    child.disconnect()
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000)
    await finished(child)
    clearTimeout(timer)
  }
}
