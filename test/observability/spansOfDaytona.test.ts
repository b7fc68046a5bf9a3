/** Each call of a public method has one span, as long as the call or the stream. All else is below it. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import {
  AccessibilityNodeId,
  ObjectStorage,
  Reaper,
  RegionId,
  Regions,
  Sandboxes,
  SandboxName,
  SecretName,
  Secrets,
  SnapshotName,
  Snapshots,
  VolumeId,
  VolumeName,
  Volumes,
  WarmPoolId,
  WarmPools
} from "../../src/daytona.js"
import { localRuntime, simulatedDesktop } from "../../src/embedded/daytona/index.js"
import { daytona } from "../support/daytonaOver.js"
import { methodNames, tracesOf } from "../support/spans.js"

const layer = Layer.provideMerge(
  Reaper.layer,
  daytona({
    client: { retry: false, application: "test" },
    server: { durations: 0, runtime: localRuntime({ desktop: simulatedDesktop() }) }
  })
)

type Call = Effect.Effect<unknown, unknown, Scope.Scope>

/** What goes wrong here; the others succeed. */
const fails = [
  "Regions.get",
  "Sandboxes.parent",
  "Sandboxes.pause",
  "Sandboxes.archive",
  "Sandboxes.recover",
  "Sandboxes.fork",
  "Sandboxes.validateSshAccess",
  "Snapshots.buildLogs",
  "Snapshots.activate",
  "Volumes.delete",
  "WarmPools.resize",
  "WarmPools.delete",
  "ComputerUse.accessibility.focus",
  "ComputerUse.accessibility.invoke",
  "ComputerUse.accessibility.setValue",
  "Files.delete",
  "Git.restore",
  "Git.clone",
  "Git.push",
  "Git.fetch",
  "Git.pull",
  "LanguageServer.start",
  "LanguageServer.scoped",
  "LanguageServer.stop",
  "Ports.awaitPort",
  "Ports.awaitHttp",
  "ProcessSessions.entrypoint",
  "ProcessSessions.entrypointLogs",
  "ProcessSessions.followEntrypoint",
  "ComputerUse.mouse.position"
]

const drain = <A, E>(stream: Stream.Stream<A, E>) => Stream.runDrain(stream)

const controlPlane = Effect.gen(function* () {
  const services = {
    ObjectStorage: yield* ObjectStorage,
    // `repeat` is nothing but `run`, again and again.
    Reaper: Struct.omit(yield* Reaper, "repeat"),
    Regions: yield* Regions,
    Sandboxes: yield* Sandboxes,
    Secrets: yield* Secrets,
    Snapshots: yield* Snapshots,
    Volumes: yield* Volumes,
    WarmPools: yield* WarmPools
  }
  const { ObjectStorage: storage, Regions: regions, Sandboxes: sandboxes, Secrets: secrets } = services
  const { Snapshots: snapshots, Volumes: volumes, WarmPools: pools } = services
  const { id } = yield* sandboxes.create()
  const doomed = yield* sandboxes.create()
  const secret = yield* secrets.create({ name: SecretName.make("KEY"), value: Redacted.make("a"), hosts: ["a.test"] })
  const snapshot = yield* snapshots.create({ name: SnapshotName.make("base:1"), image: "python:3.12" })
  const volume = VolumeName.make("data")
  const token = Redacted.make("t")
  const pool = WarmPoolId.make("3fa85f64-5717-4562-b3fc-2c963f66afa6")
  const table: Record<string, Call> = {
    "ObjectStorage.access": storage.access,
    "ObjectStorage.upload": storage.upload([]),
    "Reaper.plan": services.Reaper.plan(),
    "Reaper.run": services.Reaper.run({ unusedFor: "1 day" }),
    "Regions.list": regions.list,
    "Regions.listShared": regions.listShared,
    "Regions.get": regions.get(RegionId.make("none")),
    "Sandboxes.create": sandboxes.create(),
    "Sandboxes.scoped": Effect.scoped(sandboxes.scoped({ name: SandboxName.make("scoped") })),
    "Sandboxes.getOrCreate": sandboxes.getOrCreate({ key: "one" }),
    "Sandboxes.connect": sandboxes.connect(id),
    "Sandboxes.get": sandboxes.get(id),
    "Sandboxes.list": drain(sandboxes.list({ pageSize: 1 })),
    "Sandboxes.listPage": sandboxes.listPage(),
    "Sandboxes.findOne": sandboxes.findOne({ labels: { a: "b" } }),
    "Sandboxes.forks": sandboxes.forks(id),
    "Sandboxes.parent": sandboxes.parent(id),
    "Sandboxes.ancestors": sandboxes.ancestors(id),
    "Sandboxes.stop": sandboxes.stop(id),
    "Sandboxes.awaitStopped": sandboxes.awaitStopped(id),
    "Sandboxes.start": sandboxes.start(id),
    "Sandboxes.awaitStarted": sandboxes.awaitStarted(id),
    "Sandboxes.awaitState": sandboxes.awaitState(id, "started"),
    "Sandboxes.pause": sandboxes.pause(id),
    "Sandboxes.resume": sandboxes.resume(id),
    "Sandboxes.archive": sandboxes.archive(id),
    "Sandboxes.recover": sandboxes.recover(id),
    "Sandboxes.resize": sandboxes.resize(id, { cpu: 2 }),
    "Sandboxes.fork": sandboxes.fork(id),
    "Sandboxes.createSnapshot": sandboxes.createSnapshot(id, { name: SnapshotName.make("of-sandbox") }),
    "Sandboxes.setLabels": sandboxes.setLabels(id, {}),
    "Sandboxes.setAutoStop": sandboxes.setAutoStop(id, "30 minutes"),
    "Sandboxes.setAutoPause": sandboxes.setAutoPause(id, "disabled"),
    "Sandboxes.setAutoArchive": sandboxes.setAutoArchive(id, "1 hour"),
    "Sandboxes.setAutoDelete": sandboxes.setAutoDelete(id, "disabled"),
    "Sandboxes.setTimeToLive": sandboxes.setTimeToLive(id, "1 hour"),
    "Sandboxes.setPublic": sandboxes.setPublic(id, false),
    "Sandboxes.updateNetworkSettings": sandboxes.updateNetworkSettings(id, { networkBlockAll: true }),
    "Sandboxes.updateSecrets": sandboxes.updateSecrets(id, {}),
    "Sandboxes.refreshActivity": sandboxes.refreshActivity(id),
    "Sandboxes.keepActive": Effect.scoped(sandboxes.keepActive(id)),
    "Sandboxes.previewLink": sandboxes.previewLink(id, 3000),
    "Sandboxes.signedPreviewUrl": sandboxes.signedPreviewUrl(id, 3000),
    "Sandboxes.expireSignedPreviewUrl": sandboxes.expireSignedPreviewUrl(id, 3000, token),
    "Sandboxes.createSshAccess": sandboxes.createSshAccess(id),
    "Sandboxes.revokeSshAccess": sandboxes.revokeSshAccess(id),
    "Sandboxes.validateSshAccess": sandboxes.validateSshAccess(token),
    "Sandboxes.toolboxUrl": sandboxes.toolboxUrl(id),
    "Sandboxes.signedFileUrl": sandboxes.signedFileUrl(id, { path: "a", use: "download" }),
    "Sandboxes.rotateSigningKey": sandboxes.rotateSigningKey(id),
    "Sandboxes.metrics": sandboxes.metrics(id),
    "Sandboxes.buildLogs": drain(sandboxes.buildLogs(id)),
    "Sandboxes.delete": sandboxes.delete(doomed.id),
    "Sandboxes.awaitDestroyed": sandboxes.awaitDestroyed(doomed.id),
    "Secrets.list": drain(secrets.list()),
    "Secrets.listPage": secrets.listPage(),
    "Secrets.create": secrets.create({ name: SecretName.make("B"), value: Redacted.make("a"), hosts: ["a.test"] }),
    "Secrets.get": secrets.get(secret.id),
    "Secrets.update": secrets.update(secret.id, { description: "new" }),
    "Secrets.delete": secrets.delete(secret.id),
    "Snapshots.create": snapshots.create({ name: SnapshotName.make("other:1"), image: "python:3.12" }),
    "Snapshots.getOrCreate": snapshots.getOrCreate({ key: "one", image: "python:3.12" }),
    "Snapshots.createWithLogs": drain(
      snapshots.createWithLogs({ name: SnapshotName.make("third:1"), image: "python:3.12" })
    ),
    "Snapshots.get": snapshots.get(snapshot.id),
    "Snapshots.list": drain(snapshots.list({ pageSize: 1 })),
    "Snapshots.listPage": snapshots.listPage(),
    "Snapshots.awaitActive": snapshots.awaitActive(snapshot.id),
    "Snapshots.buildLogs": drain(snapshots.buildLogs(snapshot.id)),
    "Snapshots.deactivate": snapshots.deactivate(snapshot.name),
    "Snapshots.activate": snapshots.activate(snapshot.name),
    "Snapshots.delete": snapshots.delete(snapshot.name),
    "Volumes.list": volumes.list(),
    "Volumes.create": volumes.create(volume),
    "Volumes.getOrCreate": volumes.getOrCreate(VolumeName.make("new")),
    "Volumes.get": volumes.get(volume),
    "Volumes.awaitReady": volumes.awaitReady(volume),
    "Volumes.delete": volumes.delete(VolumeId.make("3fa85f64-5717-4562-b3fc-2c963f66afa6")),
    "WarmPools.list": pools.list,
    "WarmPools.create": pools.create({ snapshot: SnapshotName.make("other:1"), pool: 1 }),
    "WarmPools.resize": pools.resize(pool, 2),
    "WarmPools.delete": pools.delete(pool)
  }
  const methods = Object.entries(services).flatMap(([service, each]) =>
    methodNames(each).map((method) => `${service}.${method}`)
  )
  return { methods, table }
})

const inside = Effect.gen(function* () {
  const sandboxes = yield* Sandboxes
  const sandbox = yield* sandboxes.scoped()
  const { codeInterpreter, computerUse, files, git, languageServer, ports, process, processSessions, pty, workspace } =
    sandbox
  const services = {
    CodeInterpreter: codeInterpreter,
    ComputerUse: computerUse,
    Files: files,
    Git: git,
    LanguageServer: languageServer,
    Ports: ports,
    Process: process,
    ProcessSessions: processSessions,
    Pty: pty,
    Workspace: workspace
  }
  const session = yield* processSessions.create()
  const doomed = yield* processSessions.create()
  const command = yield* processSessions.start(session, "read line; echo ready")
  const terminal = yield* pty.create()
  const doomedTerminal = yield* pty.create()
  const running = yield* process.start("read line; echo $line; sleep 100")
  const short = yield* process.start("echo ready")
  const context = yield* codeInterpreter.createContext()
  const recording = yield* computerUse.recordings.start()
  const node = AccessibilityNodeId.make("none")
  const project = { language: "python", project: "/" } as const
  const author = { name: "Ada", email: "ada@example.test" }
  const table: Record<string, Call> = {
    "CodeInterpreter.run": codeInterpreter.run("print(1)", { isolated: true }),
    "CodeInterpreter.stream": drain(codeInterpreter.stream("print(1)")),
    "CodeInterpreter.createContext": codeInterpreter.createContext(),
    "CodeInterpreter.scopedContext": Effect.scoped(codeInterpreter.scopedContext()),
    "CodeInterpreter.listContexts": codeInterpreter.listContexts,
    "CodeInterpreter.deleteContext": codeInterpreter.deleteContext(context.id),
    "ComputerUse.status": computerUse.status,
    "ComputerUse.mouse.position": computerUse.mouse.position,
    "ComputerUse.start": computerUse.start,
    "ComputerUse.processes.isRunning": computerUse.processes.isRunning("xvfb"),
    "ComputerUse.processes.restart": computerUse.processes.restart("xvfb"),
    "ComputerUse.processes.logs": computerUse.processes.logs("xvfb"),
    "ComputerUse.processes.errors": computerUse.processes.errors("xvfb"),
    "ComputerUse.screenshot.full": computerUse.screenshot.full(),
    "ComputerUse.screenshot.region": computerUse.screenshot.region({ x: 0, y: 0, width: 10, height: 10 }),
    "ComputerUse.screenshot.compressed": computerUse.screenshot.compressed(),
    "ComputerUse.screenshot.compressedRegion": computerUse.screenshot.compressedRegion({
      x: 0,
      y: 0,
      width: 10,
      height: 10
    }),
    "ComputerUse.mouse.move": computerUse.mouse.move({ x: 1, y: 1 }),
    "ComputerUse.mouse.click": computerUse.mouse.click({ x: 1, y: 1 }),
    "ComputerUse.mouse.drag": computerUse.mouse.drag({ startX: 1, startY: 1, endX: 2, endY: 2 }),
    "ComputerUse.mouse.scroll": computerUse.mouse.scroll({ x: 1, y: 1, direction: "down" }),
    "ComputerUse.keyboard.type": computerUse.keyboard.type("a"),
    "ComputerUse.keyboard.press": computerUse.keyboard.press("enter"),
    "ComputerUse.keyboard.hotkey": computerUse.keyboard.hotkey("ctrl+c"),
    "ComputerUse.display.info": computerUse.display.info,
    "ComputerUse.display.windows": computerUse.display.windows,
    "ComputerUse.accessibility.tree": computerUse.accessibility.tree(),
    "ComputerUse.accessibility.find": computerUse.accessibility.find({ role: "button" }),
    "ComputerUse.accessibility.focus": computerUse.accessibility.focus(node),
    "ComputerUse.accessibility.invoke": computerUse.accessibility.invoke(node),
    "ComputerUse.accessibility.setValue": computerUse.accessibility.setValue(node, { value: "a" }),
    "ComputerUse.recordings.start": computerUse.recordings.start(),
    "ComputerUse.recordings.stop": computerUse.recordings.stop(recording.id),
    "ComputerUse.recordings.list": computerUse.recordings.list,
    "ComputerUse.recordings.get": computerUse.recordings.get(recording.id),
    "ComputerUse.recordings.download": drain(computerUse.recordings.download(recording.id)),
    "ComputerUse.recordings.delete": computerUse.recordings.delete(recording.id),
    "ComputerUse.stop": computerUse.stop,
    "Files.upload": files.upload("a.txt", "aaa", { atomic: true }),
    "Files.writeText": files.writeText("b.txt", "bbb"),
    "Files.writeBytes": files.writeBytes("c.txt", new Uint8Array(3)),
    "Files.uploadMany": files.uploadMany([
      { path: "d.txt", content: "d" },
      { path: "e.txt", content: "e" }
    ]),
    "Files.createFolder": files.createFolder("folder"),
    "Files.list": files.list("."),
    "Files.info": files.info("a.txt"),
    "Files.exists": files.exists("a.txt"),
    "Files.setPermissions": files.setPermissions("a.txt", { mode: "4755" }),
    "Files.move": files.move({ from: "e.txt", to: "f.txt" }),
    "Files.search": files.search(".", "*.txt"),
    "Files.find": files.find(".", "aaa"),
    "Files.replace": files.replace({ files: ["b.txt"], pattern: "b", replacement: "c" }),
    "Files.download": drain(files.download("a.txt")),
    "Files.readBytes": files.readBytes("a.txt"),
    "Files.readText": files.readText("a.txt"),
    "Files.downloadMany": drain(files.downloadMany(["a.txt", "b.txt"])),
    "Files.delete": files.delete("none.txt"),
    "Git.init": git.init("repository"),
    "Git.configureUser": git.configureUser({ ...author, scope: "global" }),
    "Git.setConfig": git.setConfig({ key: "core.pager", value: "cat", scope: "global" }),
    "Git.getConfig": git.getConfig("core.pager", { scope: "global" }),
    "Git.add": git.add("repository"),
    "Git.commit": git.commit("repository", { message: "empty", author, allowEmpty: true }),
    "Git.status": git.status("repository"),
    "Git.history": git.history("repository"),
    "Git.branches": git.branches("repository"),
    "Git.createBranch": git.createBranch("repository", { name: "other" }),
    "Git.checkout": git.checkout("repository", { branch: "other" }),
    "Git.restore": git.restore("repository", { files: ["none"] }),
    "Git.reset": git.reset("repository"),
    "Git.deleteBranch": git.deleteBranch("repository", { name: "none" }),
    "Git.addRemote": git.addRemote("repository", { name: "origin", url: "http://127.0.0.1:1/r.git" }),
    "Git.remotes": git.remotes("repository"),
    "Git.remote": git.remote("repository", { name: "origin" }),
    "Git.clone": git.clone({ url: "http://127.0.0.1:1/r.git", path: "clone" }),
    "Git.push": git.push("repository"),
    "Git.fetch": git.fetch("repository"),
    "Git.pull": git.pull("repository"),
    "Git.dangerouslyStoreCredentials": git.dangerouslyStoreCredentials({
      username: "ada",
      password: Redacted.make("a")
    }),
    "LanguageServer.start": languageServer.start(project),
    "LanguageServer.scoped": Effect.scoped(languageServer.scoped(project)),
    "LanguageServer.stop": languageServer.stop(project),
    "Ports.list": ports.list,
    "Ports.inUse": ports.inUse(80),
    "Ports.awaitPort": ports.awaitPort(3999, { timeout: "300 millis" }),
    "Ports.awaitHttp": ports.awaitHttp(3999, { timeout: "300 millis" }),
    "Process.execute": process.execute("true"),
    "Process.executeOrFail": process.executeOrFail("true"),
    "Process.executeMerged": process.executeMerged("true", { timeout: "10 seconds" }),
    "Process.stream": drain(process.stream("echo a")),
    "Process.start": Effect.scoped(process.start("sleep 100")),
    "Process.kill": process.kill("one"),
    "Process.forget": process.forget("one"),
    "Process.connect": process.connect(running.handle),
    "Process.codeRun": process.codeRun("print(1)", { language: "python", argv: ["a b"] }),
    "ProcessSessions.create": processSessions.create(),
    "ProcessSessions.scoped": Effect.scoped(processSessions.scoped()),
    "ProcessSessions.list": processSessions.list,
    "ProcessSessions.get": processSessions.get(session),
    "ProcessSessions.command": processSessions.command(session, command),
    "ProcessSessions.sendInput": processSessions.sendInput(session, command, "a"),
    "ProcessSessions.follow": drain(processSessions.follow(session, command)),
    "ProcessSessions.followText": drain(processSessions.followText(session, command)),
    "ProcessSessions.awaitLog": processSessions.awaitLog(session, command, "ready"),
    "ProcessSessions.awaitExit": processSessions.awaitExit(session, command),
    "ProcessSessions.logs": processSessions.logs(session, command),
    "ProcessSessions.run": processSessions.run(session, "true"),
    "ProcessSessions.start": processSessions.start(session, "true"),
    "ProcessSessions.delete": processSessions.delete(doomed),
    "ProcessSessions.entrypoint": processSessions.entrypoint,
    "ProcessSessions.entrypointLogs": processSessions.entrypointLogs,
    "ProcessSessions.followEntrypoint": drain(processSessions.followEntrypoint),
    "Pty.create": pty.create(),
    "Pty.createScoped": Effect.scoped(pty.createScoped()),
    "Pty.scoped": Effect.scoped(pty.scoped()),
    "Pty.attach": Effect.scoped(pty.attach(terminal)),
    "Pty.attachPersistently": Effect.scoped(pty.attachPersistently(terminal)),
    "Pty.list": pty.list,
    "Pty.get": pty.get(terminal),
    "Pty.resize": pty.resize(terminal, { columns: 80, rows: 24 }),
    "Pty.kill": pty.kill(doomedTerminal),
    "Workspace.version": workspace.version,
    "Workspace.homeDirectory": workspace.homeDirectory,
    "Workspace.workDirectory": workspace.workDirectory,
    "Workspace.updateEnvironment": workspace.updateEnvironment({ set: { A: "b" } }),
    "Workspace.metrics": workspace.metrics,
    "RunningProcess.sendInput": running.sendInput("hello"),
    "RunningProcess.awaitLog": running.awaitLog("hello"),
    "RunningProcess.kill": running.kill,
    "RunningProcess.output": drain(short.output),
    "RunningProcess.outputText": drain(short.outputText),
    "RunningProcess.exitCode": short.exitCode
  }
  const methods = Object.entries(services).flatMap(([service, each]) =>
    methodNames(each).map((method) => `${service}.${method}`)
  )
  return { methods, table }
})

for (const [what, calls] of [
  ["the control plane", controlPlane],
  ["the services in a sandbox", inside]
] as const) {
  it.scopedLive(`every call of a method of ${what} has one root span, and every span ends with its call`, () =>
    Effect.gen(function* () {
      const { methods, table } = yield* calls
      expect(methods.filter((name) => !(name in table))).toEqual([])
      for (const [name, call] of Object.entries(table)) {
        const { open, result, roots } = yield* tracesOf(call)
        expect({ name, open, result: result._tag, roots }).toEqual({
          name,
          open: [],
          result: fails.includes(name) ? "Failure" : "Success",
          roots: [`Daytona.${name}`]
        })
      }
    }).pipe(Effect.provide(layer))
  )
}
