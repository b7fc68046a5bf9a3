/**
 * The life of a sandbox, from its image to its end. Without `DAYTONA_API_KEY` it starts a Daytona of its own and talks to
 * that over real HTTP; with it, it talks to the cloud, and deletes what it made.
 *
 *     npm run quickstart:daytona
 *     DAYTONA_API_KEY=… npm run quickstart:daytona
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Daytona, Image, Sandboxes, SnapshotName, Snapshots } from "effect-sandboxes/daytona"
import { EmbeddedDaytona } from "effect-sandboxes/embedded/daytona"
import { NodeTransport } from "effect-sandboxes/node"

const heading = (text: string) => Console.log(`\n── ${text}`)

const image = Image.debianSlim("3.12").pipe(
  Image.aptGet(["git"]),
  Image.pipInstall(["numpy>=1.26", "pandas"]),
  Image.env({ GREETING: "it's a $mall world" }),
  Image.workdir("/home/daytona")
)

const program = Effect.gen(function* () {
  const sandboxes = yield* Sandboxes
  const snapshots = yield* Snapshots

  yield* heading("An image, described in TypeScript")
  yield* Console.log((yield* Image.dockerfile(image)).trimEnd())

  yield* heading("A snapshot of it, and the log of its build")
  const name = SnapshotName.make(`quickstart-${yield* Effect.sync(() => globalThis.crypto.randomUUID())}`)
  yield* Effect.addFinalizer(() => Effect.ignore(snapshots.delete(name)))
  yield* snapshots
    .createWithLogs({ name, image })
    .pipe(
      Stream.runForEach((event) =>
        event._tag === "Log"
          ? Console.log(`  ${event.line}`)
          : event._tag === "LogUnavailable"
            ? Console.log(`  (no log: ${event.error.message})`)
            : Console.log(`${event.snapshot.name} is ${event.snapshot.state}`)
      )
    )

  yield* heading("A sandbox, for as long as this scope")
  const { id } = yield* sandboxes.scoped({ snapshot: name, autoStop: "10 minutes", labels: { made: "by quickstart" } })
  const sandbox = yield* sandboxes.get(id)
  yield* Console.log(`${id} is ${sandbox.state}: ${sandbox.cpu} CPU, ${sandbox.memory} GiB, ${sandbox.disk} GiB disk`)

  yield* heading("What is around it")
  const preview = yield* sandboxes.previewLink(id, 8000)
  yield* Console.log(`port 8000: ${preview.url}`)
  // A token is never printed by accident.
  yield* Console.log(`its token: ${preview.token}`)
  yield* sandboxes.setAutoDelete(id, "30 minutes")
  const labelled = yield* Stream.runCollect(sandboxes.list({ labels: { made: "by quickstart" } }))
  yield* Console.log(`sandboxes with our label: ${labelled.length}`)

  yield* heading("Stop and start")
  yield* Console.log(`${(yield* sandboxes.stop(id)).state}`)
  yield* Console.log(`${(yield* sandboxes.start(id)).state}`)

  yield* heading("The end of the scope deletes it")
}).pipe(Effect.scoped, Effect.zipRight(Console.log("deleted")))

const embedded = Layer.unwrapScoped(
  Effect.gen(function* () {
    const { url } = yield* EmbeddedDaytona
    const address = Option.getOrElse(url, () => "http://127.0.0.1")
    yield* Console.log(`A Daytona of our own listens on ${address}; its sandboxes are records, nothing runs in them.`)
    return Daytona.layer({ apiUrl: `${address}/api`, apiKey: Redacted.make("any-key-will-do") })
  })
).pipe(Layer.provide(EmbeddedDaytona.layerServer({ durations: "100 millis" })))

Effect.gen(function* () {
  const key = yield* Config.option(Config.nonEmptyString("DAYTONA_API_KEY"))
  if (Option.isSome(key)) yield* Effect.provide(program, Daytona.layerConfig())
  else yield* Effect.provide(program, embedded)
}).pipe(Effect.provide([NodeTransport.layer, NodeContext.layer]), NodeRuntime.runMain)
