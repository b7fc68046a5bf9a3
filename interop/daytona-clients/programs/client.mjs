/** Drives an official TypeScript client through the areas of the API, and prints a line of JSON for each. */
import { readFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"

const [module, apiUrl, generation] = process.argv.slice(2)
/** An older server, and a client of its time. */
const isOld = generation === "0.190"
const { Daytona, DaytonaNotFoundError, Image } = await import(module)
const daytona = new Daytona({ apiKey: "any", apiUrl })

/** A name for this client: names of volumes are not free again at once. */
const unique = (name) => `${module.replaceAll(/\W/g, "")}-${name}`

const say = (line) => console.log(JSON.stringify(line))

const equal = (what, actual, expected) => {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
  }
}

const attempt = async (area, run, ...args) => {
  try {
    await run(...args)
    say({ area })
  } catch (problem) {
    say({ area, problem: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem) })
  }
}

/** A command takes input once its shell has begun it. */
const whenReady = async (send, tries = 100) => {
  try {
    await send()
  } catch (problem) {
    if (tries === 0) throw problem
    await setTimeout(50)
    await whenReady(send, tries - 1)
  }
}

const create = async () => {
  const name = unique("made")
  const sandbox = await daytona.create({ name, labels: { client: "typescript" }, envVars: { A: "b" } })
  equal("state", sandbox.state, "started")
  equal("by name", (await daytona.get(name)).id, sandbox.id)
  const listed = []
  for await (const found of daytona.list()) if (found.name === name) listed.push(found.id)
  equal("listed", listed, [sandbox.id])
  equal("environment", (await sandbox.process.executeCommand("echo $A")).result, "b\n")
  await sandbox.stop()
  await sandbox.start()
  await sandbox.setLabels({ client: "ts" })
  await sandbox.setAutostopInterval(20)
  await sandbox.setAutoArchiveInterval(60)
  await sandbox.setAutoDeleteInterval(120)
  if (!isOld) await sandbox.setTtl(600)
  await sandbox.refreshData()
  equal("settings", [sandbox.autoStopInterval, sandbox.autoDeleteInterval], [20, 120])
  await sandbox.refreshActivity()
  await sandbox.delete(60, true)
  const after = await daytona.get(name).then(
    () => undefined,
    (problem) => problem
  )
  equal("not found", after instanceof DaytonaNotFoundError, true)
}

const image = async () => {
  const logs = []
  const sandbox = await daytona.create(
    { image: Image.base("alpine:3.20").runCommands("true") },
    { timeout: 60, onSnapshotCreateLogs: (line) => logs.push(line) }
  )
  equal("result", (await sandbox.process.executeCommand("echo built")).result, "built\n")
  await sandbox.delete()
}

const snapshot = async () => {
  const name = unique("snapshot")
  const entrypoint = ["sh", "-c", "echo up; sleep 60"]
  const made = await daytona.snapshot.create({ name, image: "alpine:3.20", entrypoint })
  equal("state", made.state, "active")
  equal("name", (await daytona.snapshot.get(name)).name, name)
  const sandbox = await daytona.create({ snapshot: name })
  equal("session of the entrypoint", (await sandbox.process.getEntrypointSession()).sessionId, "entrypoint")
  await sandbox.delete()
  await daytona.snapshot.delete(made)
}

const volume = async () => {
  const name = unique("volume")
  const made = await daytona.volume.create(name)
  equal("by name", (await daytona.volume.get(name)).id, made.id)
  equal("listed", (await daytona.volume.list()).filter(({ id }) => id === made.id).length, 1)
  await daytona.volume.delete(made)
}

const secret = async () => {
  const made = await daytona.secret.create({ name: "TYPESCRIPT_SECRET", value: "hidden" })
  equal("by id", (await daytona.secret.get(made.id)).name, "TYPESCRIPT_SECRET")
  const sandbox = await daytona.create()
  await sandbox.updateSecrets({ KEY: "TYPESCRIPT_SECRET" })
  await sandbox.delete()
  await daytona.secret.delete(made.id)
}

const virtualMachine = async () => {
  const sandbox = await daytona.create({ snapshot: "daytona-vm" })
  await sandbox.fs.uploadFile(Buffer.from("kept"), "f")
  const named = { name: unique("fork") }
  const fork = await (isOld ? sandbox._experimental_fork(named) : sandbox.fork(named))
  equal("file in the fork", (await fork.fs.downloadFile("f")).toString(), "kept")
  await fork.delete()
  await sandbox.pause()
  await sandbox.start()
  const snapshot = unique("of-sandbox")
  await (isOld ? sandbox._experimental_createSnapshot(snapshot) : sandbox.createSnapshot(snapshot))
  await sandbox.delete()
}

const archive = async (sandbox) => {
  await sandbox.updateNetworkSettings({ networkBlockAll: true })
  await sandbox.stop()
  await sandbox.archive()
  await sandbox.start()
  equal("state", sandbox.state, "started")
}

const execution = async ({ process }) => {
  const done = await process.executeCommand("echo out; exit 3", undefined, { X: "y" }, 10)
  equal("execution", [done.result, done.exitCode], ["out\n", 3])
  equal("code", (await process.codeRun("print(1 + 1)")).result.trim(), "2")
}

const session = async ({ process }) => {
  await process.createSession("s")
  const done = await process.executeSessionCommand("s", { command: "cd /; echo out; echo err >&2" })
  equal("streams", [done.exitCode, done.stdout, done.stderr], [0, "out\n", "err\n"])
  const running = await process.executeSessionCommand("s", { command: "read x; echo got $x", runAsync: true })
  await whenReady(() => process.sendSessionCommandInput("s", running.cmdId, "it"))
  const out = []
  await process.getSessionCommandLogs(
    "s",
    running.cmdId,
    (chunk) => out.push(chunk),
    () => undefined
  )
  equal("followed log", out.join("").includes("got it"), true)
  equal("command", (await process.getSessionCommand("s", running.cmdId)).exitCode, 0)
  equal(
    "sessions",
    (await process.listSessions()).map(({ sessionId }) => sessionId),
    ["s"]
  )
  await process.deleteSession("s")
}

const terminal = async ({ process }) => {
  const seen = []
  const handle = await process.createPty({ id: "t", cols: 100, rows: 30, onData: (bytes) => seen.push(...bytes) })
  await handle.waitForConnection()
  equal("columns", (await handle.resize(90, 40)).cols, 90)
  // The older daemon loses what comes right before the end.
  await handle.sendInput(`stty size; ${isOld ? "sleep 1; " : ""}exit 7\n`)
  equal("exit code", (await handle.wait()).exitCode, 7)
  equal("size", Buffer.from(seen).includes("40 90"), true)
}

const interpreter = async ({ codeInterpreter }) => {
  const printed = []
  const done = await codeInterpreter.runCode("x = 2\nprint(x)", { onStdout: ({ output }) => printed.push(output) })
  equal("error", done.error, undefined)
  equal("output", printed.join(""), "2\n")
  const context = await codeInterpreter.createContext()
  const failed = await codeInterpreter.runCode("x", { context })
  equal("error in another context", failed.error?.name, "NameError")
  await codeInterpreter.deleteContext(context)
}

const files = async ({ fs }) => {
  await fs.createFolder("d", "755")
  await fs.uploadFile(Buffer.from("needle\n"), "d/a.txt")
  const content = Buffer.alloc(2 * 1024 * 1024, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
  await fs.uploadFiles([{ source: content, destination: "d/big" }])
  equal("content", (await fs.downloadFile("d/big")).equals(content), true)
  equal("size", (await fs.getFileDetails("d/big")).size, content.length)
  equal("names", (await fs.listFiles("d")).map(({ name }) => name).sort(), ["a.txt", "big"])
  equal("found by name", (await fs.searchFiles("d", "*.txt")).files.length, 1)
  equal(
    "found by content",
    (await fs.findFiles("d", "needle")).map(({ line }) => line),
    [1]
  )
  await fs.replaceInFiles(["d/a.txt"], "needle", "pin")
  await fs.moveFiles("d/a.txt", "d/b.txt")
  await fs.setFilePermissions("d/b.txt", { mode: "600", owner: "daytona", group: "daytona" })
  equal("moved content", (await fs.downloadFile("d/b.txt")).toString(), "pin\n")
  const refused = await fs.uploadFile(Buffer.alloc(3_000_000), ".").then(
    () => "no refusal",
    ({ message }) => message
  )
  equal(`refusal, not a broken connection: ${refused}`, /no refusal|ECONNRESET|EPIPE|hang up/.test(refused), false)
  await fs.deleteFile("d", true)
}

const git = async (sandbox) => {
  const { fs, git } = sandbox
  if (isOld) await sandbox.process.executeCommand("git init --initial-branch=main r")
  else await git.init("r", false, "main")
  await fs.uploadFile(Buffer.from("one\n"), "r/f")
  await git.add("r", ["f"])
  equal("hash", (await git.commit("r", "First", "A", "a@example.test")).sha.length, 40)
  await git.createBranch("r", "topic")
  await git.checkoutBranch("r", "topic")
  equal("branch", (await git.status("r")).currentBranch, "topic")
  equal("branches", (await git.branches("r")).branches.sort(), ["main", "topic"])
  const home = await sandbox.getUserHomeDir()
  await git.clone(`${home}/r`, "copy")
  await git.pull("copy")
  if (isOld) return
  equal("remote", await git.remoteGet("copy", "origin"), `${home}/r`)
  await git.setConfig("user.name", "A", "local", "copy")
  equal("setting", await git.getConfig("user.name", "local", "copy"), "A")
}

const languageServer = async (sandbox) => {
  const directory = `${await sandbox.getWorkDir()}/typescript`
  const file = `${directory}/answer.ts`
  await sandbox.fs.createFolder(directory, "755")
  await sandbox.fs.uploadFile(Buffer.from("export const answer = 42\n\n  answ"), file)
  const server = await sandbox.createLspServer("typescript", directory)
  await server.start()
  await server.didOpen(file)
  const symbols = await server.documentSymbols(file)
  equal(
    "symbols",
    symbols.map(({ name }) => name),
    ["answer"]
  )
  const { items } = await server.completions(file, { line: 2, character: 6 })
  equal("a completion", items.filter(({ label }) => label === "answer").length, 1)
  await server.didClose(file)
  await server.stop()
}

const desktop = async ({ computerUse }) => {
  await computerUse.start()
  equal("status", (await computerUse.getStatus()).status, "active")
  await computerUse.mouse.move(30, 40)
  const { x, y } = await computerUse.mouse.getPosition()
  equal("position", [x, y], [30, 40])
  await computerUse.mouse.click(50, 60)
  await computerUse.mouse.scroll(50, 60, "down", 2)
  await computerUse.keyboard.type("text")
  await computerUse.keyboard.hotkey("ctrl+s")
  const { screenshot } = await computerUse.screenshot.takeFullScreen()
  equal("format", Buffer.from(screenshot, "base64").subarray(1, 4).toString(), "PNG")
  const { displays } = await computerUse.display.getInfo()
  equal("displays", displays.length, 1)
  await computerUse.display.getWindows()
  await computerUse.stop()
}

const preview = async (sandbox) => {
  equal("token", (await sandbox.getPreviewLink(3000)).token.length > 0, true)
  const { token } = await sandbox.getSignedPreviewUrl(3000)
  await sandbox.expireSignedPreviewUrl(3000, token)
  const access = await sandbox.createSshAccess(5)
  await sandbox.revokeSshAccess(access.token)
  if (isOld) return
  await sandbox.fs.uploadFile(Buffer.from("signed"), "signed")
  equal("signed download", await (await fetch(await sandbox.downloadUrl("signed", 60))).text(), "signed")
  await sandbox.rotateSigningKey()
  equal("metrics", Array.isArray(await sandbox.getMetrics()), true)
}

const manifest = new URL(`../node_modules/${module}/package.json`, import.meta.url)
say({ version: JSON.parse(readFileSync(manifest, "utf8")).version })
await attempt("create", create)
await attempt("image", image)
await attempt("snapshot", snapshot)
await attempt("volume", volume)
if (!isOld) await attempt("secret", secret)
await attempt("virtual machine", virtualMachine)
const shared = await daytona.create()
await attempt("process", execution, shared)
await attempt("session", session, shared)
await attempt("terminal", terminal, shared)
await attempt("interpreter", interpreter, shared)
await attempt("files", files, shared)
await attempt("git", git, shared)
await attempt("language server", languageServer, shared)
await attempt("desktop", desktop, shared)
await attempt("preview", preview, shared)
await attempt("archive", archive, shared)
await shared.delete()
say({ done: true })
process.exit(0)
