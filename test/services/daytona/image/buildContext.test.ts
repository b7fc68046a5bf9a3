import { createHash } from "node:crypto"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { unpackTar } from "modern-tar"
import { withRequestOptions } from "../../../../src/RequestOptions.js"
import { DaytonaClient } from "../../../../src/services/daytona/DaytonaClient.js"
import { upload } from "../../../../src/services/daytona/image/build.js"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { ObjectStorage } from "../../../../src/services/daytona/objectStorage/ObjectStorage.js"
import * as Storage from "../../../support/storageDouble.js"
import { type Tree, temporary } from "../../../support/temporaryFiles.js"

const directoryOf = (path: string) => Image.base("x:1").pipe(Image.addLocalDir(path, "/app"))
const fileAt = (path: string) => Image.base("x:1").pipe(Image.addLocalFile(path, "/app/"))

/** The one context of an image. */
const contextOf = (image: Image.Image<Image.LocalFiles>) =>
  Effect.flatMap(Image.contexts(image), ([context]) => Effect.fromNullable(context))

const bytesOf = (context: Image.BuildContext) =>
  Stream.runFold(context.archive, new Uint8Array(0), (all, bytes) => Buffer.concat([all, bytes]))

const unpacked = (bytes: Uint8Array) => Effect.promise(() => unpackTar(bytes, { strict: true }))

/** Names, modes and contents of an archive. */
const contentOf = (bytes: Uint8Array) =>
  Effect.map(unpacked(bytes), (entries) =>
    entries.map(({ header, data }) => [header.name, header.mode, Buffer.from(data ?? []).toString()])
  )

const withFiles = <A, E>(effect: Effect.Effect<A, E, Image.LocalFiles | FileSystem.FileSystem | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(NodeContext.layer))

/** As the platform's, but directories are listed the other way round. */
const listedBackwards = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({
    ...fs,
    readDirectory: (path: string) => Effect.map(fs.readDirectory(path), (names) => names.toReversed())
  }))
)

/** As the platform's, but one directory cannot be listed. */
const unreadableDirectory = (locked: string) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      readDirectory: (path: string) =>
        path === locked ? fs.readDirectory(`${path}/is/not/read`) : fs.readDirectory(path)
    }))
  )

/**
 * What the runner of Daytona passes on to the builder: of every entry that is no directory, its name and bytes alone.
 */
const receivedByBuilder = (context: Image.BuildContext) =>
  Effect.map(Effect.flatMap(bytesOf(context), unpacked), (entries) =>
    entries
      .filter(({ header }) => header.type !== "directory")
      .map(({ data, header }) => [header.name, Buffer.from(data ?? []).toString("latin1")] as const)
  )

const linksOf = (archive: string) =>
  Effect.map(unpacked(Buffer.from(archive, "latin1")), (entries) =>
    entries.map(({ header }) => {
      expect(header.type).toBe("symlink")
      return [header.name, header.linkname]
    })
  )

const inContext = (name: string) => name.replace(/^ctx\/[0-9a-f]{64}\//, "")

const tree: Tree = { "b.txt": "b", a: { "c.txt": "c", "run.sh": "r" }, "a.txt": "a" }

describe("a context", () => {
  it.effect("has the files under their names, sorted, with nothing specific to this machine", () =>
    withFiles(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* temporary(tree)
        yield* fs.chmod(`${directory}/a/run.sh`, 0o711)
        yield* fs.chmod(`${directory}/a.txt`, 0o600)
        const context = yield* contextOf(directoryOf(directory))
        const bytes = yield* bytesOf(context)
        expect(yield* contentOf(bytes)).toEqual([
          [`ctx/${context.hash}/a.txt`, 0o644, "a"],
          [`ctx/${context.hash}/a/c.txt`, 0o644, "c"],
          [`ctx/${context.hash}/a/run.sh`, 0o755, "r"],
          [`ctx/${context.hash}/b.txt`, 0o644, "b"]
        ])
        expect(context.files).toEqual((yield* contentOf(bytes)).map(([name]) => name))
        expect(Buffer.from(bytes).toString("latin1")).not.toContain(directory)
        for (const { header } of yield* unpacked(bytes)) {
          expect(header).toMatchObject({ uid: 0, gid: 0, mtime: new Date(0), type: "file" })
        }
      })
    )
  )

  it.effect("has its declared size, even with long and non-ASCII names", () =>
    withFiles(
      Effect.gen(function* () {
        const long = "n".repeat(120)
        const directory = yield* temporary({
          [long]: { [long]: { [`${long}.txt`]: "x".repeat(513) } },
          "ä€😀.txt": "",
          "with\nbreak": "y".repeat(512),
          "with 'quotes' \\ and [x]": "z"
        })
        const context = yield* contextOf(directoryOf(directory))
        const bytes = yield* bytesOf(context)
        expect(bytes.length).toBe(context.size)
        const content = yield* contentOf(bytes)
        expect(content.map(([name]) => name)).toEqual(context.files)
        expect(content).toHaveLength(4)
      })
    )
  )

  it.effect("equals what was put in, for a file larger than what is hashed at once", () =>
    withFiles(
      Effect.gen(function* () {
        const large = new Uint8Array(9 * 1024 * 1024 + 77).map((_, index) => index * 31 + (index >> 8))
        const directory = yield* temporary({ large })
        const context = yield* contextOf(fileAt(`${directory}/large`))
        const [entry] = yield* Effect.flatMap(bytesOf(context), unpacked)
        expect(entry?.header.name).toBe(`ctx/${context.hash}/large`)
        expect(Buffer.compare(Buffer.from(entry?.data ?? []), Buffer.from(large))).toBe(0)
      })
    )
  )

  it.effect("has the same hash regardless of file order, location and time", () =>
    withFiles(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const one = yield* temporary(tree)
        const other = yield* temporary(tree)
        yield* fs.utimes(`${other}/a.txt`, 1, 1)
        const first = yield* contextOf(directoryOf(one))
        const second = yield* Effect.provide(contextOf(directoryOf(other)), listedBackwards)
        expect(second.hash).toBe(first.hash)
        expect(Buffer.compare(Buffer.from(yield* bytesOf(first)), Buffer.from(yield* bytesOf(second)))).toBe(0)
      })
    )
  )

  it.effect("has the same hash as in earlier versions", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary({ "req.txt": "numpy==1.26\npandas\n" })
        const sha = (text: string) => createHash("sha256").update(text).digest("hex")
        const digest = sha(`${sha("numpy==1.26\npandas\n")}\n`)
        expect((yield* contextOf(fileAt(`${directory}/req.txt`))).hash).toBe(
          sha(`effect-sandboxes context 1\n["req.txt",420,19,"${digest}"]`)
        )
      })
    )
  )

  const others: ReadonlyArray<readonly [what: string, tree: Tree]> = [
    ["different content", { ...tree, "a.txt": "A" }],
    ["another name", { "b.txt": "b", a: { "c.txt": "c", "run.sh": "r" }, "A.txt": "a" }],
    ["content moved from one file to the next", { ...tree, "a.txt": "", "b.txt": "ab" }],
    ["an additional file", { ...tree, z: "" }],
    ["a file in another directory", { "b.txt": "b", "a.txt": "a", a: { "c.txt": "c" }, "run.sh": "r" }]
  ]
  for (const [what, other] of others) {
    it.effect(`has another hash with ${what}`, () =>
      withFiles(
        Effect.gen(function* () {
          const first = yield* contextOf(directoryOf(yield* temporary(tree)))
          const second = yield* contextOf(directoryOf(yield* temporary(other)))
          expect(second.hash).not.toBe(first.hash)
        })
      )
    )
  }

  it.effect("has another hash when a file becomes executable", () =>
    withFiles(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* temporary(tree)
        const before = yield* contextOf(directoryOf(directory))
        yield* fs.chmod(`${directory}/a.txt`, 0o755)
        expect((yield* contextOf(directoryOf(directory))).hash).not.toBe(before.hash)
      })
    )
  )

  it.effect("exists once for the same files", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary(tree)
        const image = directoryOf(directory).pipe(
          Image.addLocalDir(directory, "/again"),
          Image.addLocalFile(`${directory}/a.txt`, "/b")
        )
        expect(yield* Image.contexts(image)).toHaveLength(2)
      })
    )
  )

  it.effect("has links as links, which the builder unpacks: it would turn them into empty files", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary({
          outside: "x",
          real: {
            "a.txt": "a",
            "same.txt": { link: "a.txt" },
            other: { link: "sub" },
            sub: { b: "b", up: { link: ".." } },
            out: { link: "../outside" },
            ".#dangling": { link: "me@host.1234" }
          },
          alias: { link: "real" }
        })
        const image = directoryOf(`${directory}/alias`)
        const [files, links] = yield* Image.contexts(image)
        const received = yield* Effect.flatMap(Effect.fromNullable(files), receivedByBuilder)
        expect(received.map(([name, text]) => [inContext(name), text])).toEqual([
          ["a.txt", "a"],
          ["sub/b", "b"]
        ])
        const [archive] = yield* Effect.flatMap(Effect.fromNullable(links), receivedByBuilder)
        expect(inContext(archive?.[0] ?? "")).toBe("links.tar")
        expect(yield* linksOf(archive?.[1] ?? "")).toEqual([
          [".#dangling", "me@host.1234"],
          ["other", "sub"],
          ["out", "../outside"],
          ["same.txt", "a.txt"],
          ["sub/up", ".."]
        ])
        expect(yield* Image.dockerfile(image)).toBe(
          `FROM x:1\nCOPY ctx/${files?.hash} /app\nADD ctx/${links?.hash}/links.tar /app\n`
        )
      })
    )
  )

  it.effect("is only the archive of links where there are no files, and has the flags of the copy", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary({ d: { long: { link: "é".repeat(200) } } })
        const image = Image.base("x:1").pipe(
          Image.addLocalDir(`${directory}/d`, "/a b", { chown: "app", chmod: "755" })
        )
        const context = yield* contextOf(image)
        const [archive] = yield* receivedByBuilder(context)
        expect(yield* linksOf(archive?.[1] ?? "")).toEqual([["long", "é".repeat(200)]])
        expect(yield* Image.dockerfile(image)).toBe(
          `FROM x:1\nADD --chown=app --chmod=755 ["ctx/${context.hash}/links.tar", "'/a b'"]\n`
        )
      })
    )
  )

  it.effect("has another hash when a link leads elsewhere", () =>
    withFiles(
      Effect.gen(function* () {
        const one = yield* contextOf(directoryOf(yield* temporary({ l: { link: "a" } })))
        const other = yield* contextOf(directoryOf(yield* temporary({ l: { link: "b" } })))
        expect(other.hash).not.toBe(one.hash)
      })
    )
  )

  it.effect("leaves out what `exclude` names, and does not read what is excluded as a whole", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary({
          ".dockerignore": "*",
          "main.py": "m",
          "(group)": { "page+.ts": "p", "skip.ts": "s" },
          ".venv": { bin: { python: { link: "/usr/bin/python3" } } },
          node_modules: { keep: { "x.js": "x" }, other: { "y.js": "y" } }
        })
        const names = (exclude: ReadonlyArray<string>, locked?: string) => {
          const image = Image.base("x:1").pipe(Image.addLocalDir(directory, "/app", { exclude }))
          const contexts = Image.contexts(image).pipe(
            Effect.map((all) => all.flatMap(({ files }) => files.map(inContext))),
            Effect.provide(locked === undefined ? Layer.empty : unreadableDirectory(`${directory}/${locked}`))
          )
          return contexts
        }
        expect(yield* names([".venv", "node_modules", "(group)/skip.ts"], "node_modules")).toEqual([
          "(group)/page+.ts",
          ".dockerignore",
          "main.py"
        ])
        expect(yield* names(["*", "!main.py"])).toEqual(["main.py"])
        expect(yield* names([".*", "(group)", "node_modules", "!node_modules/keep"])).toEqual([
          "main.py",
          "node_modules/keep/x.js"
        ])
      })
    )
  )

  it.effect("is refused when everything is excluded, and for an invalid pattern", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary(tree)
        const problem = (exclude: ReadonlyArray<string>) =>
          Effect.flip(Image.dockerfile(Image.base("x:1").pipe(Image.addLocalDir(directory, "/app", { exclude }))))
        expect((yield* problem(["*"])).message).toContain("without files that are not excluded")
        for (const [patterns, why] of [
          [["a", "[b-a]"], "malformed pattern `[b-a]`"],
          [["a", "x\ny"], "must not contain line breaks"],
          [["a", "!"], "without a pattern"],
          [["a", "b**/c"], "`**` must be at the beginning of a name"],
          [["a", "*a*a*a*a*b"], "more than 4 `**`, or `*` in one name"],
          [["a", "**/a/**/a/**/a/**/a/**/a"], "more than 4 `**`, or `*` in one name"]
        ] as const) {
          const wrong = yield* problem(patterns)
          expect(wrong).toMatchObject({ operation: "Image.addLocalDir", field: "options.exclude.1" })
          expect(wrong.message).toContain(why)
        }
      })
    )
  )

  const refused: ReadonlyArray<readonly [what: string, tree: Tree, path: string, why: string]> = [
    ["no file at all", { d: { e: {} } }, "d", "without files"],
    ["no such directory", {}, "d", "does not exist"],
    ["a file instead of a directory", { d: "x" }, "d", "not a directory"]
  ]
  for (const [what, files, path, why] of refused) {
    it.effect(`is refused with ${what}, with a clear message`, () =>
      withFiles(
        Effect.gen(function* () {
          const directory = yield* temporary(files)
          const problem = yield* Effect.flip(Image.dockerfile(directoryOf(`${directory}/${path}`)))
          expect(problem).toMatchObject({ _tag: "InvalidRequest", operation: "Image.addLocalDir", field: "path" })
          expect(problem.message).toContain(why)
        })
      )
    )
  }

  it.effect("is refused for a directory instead of a file, and for `~`", () =>
    withFiles(
      Effect.gen(function* () {
        const directory = yield* temporary(tree)
        expect((yield* Effect.flip(Image.dockerfile(fileAt(directory)))).message).toContain("not a file")
        expect((yield* Effect.flip(Image.dockerfile(fileAt("~/x")))).message).toContain("`~`")
      })
    )
  )

  for (const [what, content] of [
    ["longer", "longer"],
    ["shorter", ""],
    ["gone", undefined]
  ] as const) {
    it.effect(`fails to be read when a file is ${what} than when it was hashed`, () =>
      withFiles(
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const directory = yield* temporary(tree)
          const context = yield* contextOf(directoryOf(directory))
          const path = `${directory}/a/c.txt`
          yield* content === undefined ? fs.remove(path) : fs.writeFileString(path, content)
          const problem = yield* Effect.flip(bytesOf(context))
          expect(problem).toMatchObject({ _tag: "InvalidRequest", field: "path" })
          expect(problem.message).toContain("a/c.txt` was changed or removed")
        })
      )
    )
  }
})

const over = (double: ReturnType<typeof Storage.storage>) =>
  ObjectStorage.layer.pipe(
    Layer.provide(
      DaytonaClient.layer({ apiUrl: "https://daytona.test/api", apiKey: Redacted.make("key"), retry: false })
    ),
    Layer.provide(double.layer)
  )

/** What is built of an image, with what storage holds in the end. */
const built = (double: ReturnType<typeof Storage.storage>, image: Image.Image<Image.LocalFiles>) =>
  Effect.flatMap(ObjectStorage, (storage) => upload(storage, image)).pipe(Effect.provide(over(double)))

const requests = (double: ReturnType<typeof Storage.storage>) =>
  double.seen.map(({ method, url }) => `${method} ${url.host}${url.pathname}`)

describe("uploading contexts", () => {
  it.effect("stores each archive below the organization, with valid signatures", () =>
    withFiles(
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse("2026-05-06T12:34:56.789Z"))
        const double = Storage.storage({ region: "eu-central-1" })
        const image = directoryOf(yield* temporary(tree)).pipe(Image.addLocalDir(yield* temporary({ z: "z" }), "/z"))
        const info = yield* built(double, image)
        expect(double.problems).toEqual([])
        expect(info.dockerfileContent).toBe(yield* Image.dockerfile(image))
        expect([...double.objects.keys()].sort()).toEqual(
          info.contextHashes?.map((hash) => `org-1/${hash}/context.tar`).sort()
        )
        for (const context of yield* Image.contexts(image)) {
          const stored = double.objects.get(`org-1/${context.hash}/context.tar`) ?? new Uint8Array(0)
          expect(Buffer.compare(Buffer.from(stored), Buffer.from(yield* bytesOf(context)))).toBe(0)
        }
        expect(double.seen[1]?.headers).toMatchObject({ "x-amz-date": "20260506T123456Z" })
        expect(double.seen.map(({ url }) => url.search)).toContain(
          `?list-type=2&max-keys=1&prefix=org-1%2F${info.contextHashes?.[0]}%2F`
        )
      })
    )
  )

  it.effect("sends nothing that exists already", () =>
    withFiles(
      Effect.gen(function* () {
        const double = Storage.storage()
        const image = directoryOf(yield* temporary(tree))
        const first = yield* built(double, image)
        const before = double.seen.length
        expect(yield* built(double, image)).toEqual(first)
        expect(requests(double).slice(before)).toEqual([
          "GET daytona.test/api/object-storage/push-access",
          "GET s3.test:9000/builds/"
        ])
      })
    )
  )

  it.effect("sends no request when there are no files", () =>
    Effect.gen(function* () {
      const double = Storage.storage()
      expect(yield* built(double, Image.base("x:1"))).toEqual({ dockerfileContent: "FROM x:1\n" })
      expect(double.seen).toEqual([])
    }).pipe(withFiles)
  )

  it.effect("streams what is large, with its length declared", () =>
    withFiles(
      Effect.gen(function* () {
        const double = Storage.storage()
        const size = 17 * 1024 * 1024
        const image = fileAt(`${yield* temporary({ large: new Uint8Array(size) })}/large`)
        const info = yield* built(double, image)
        const stored = double.objects.get(`org-1/${info.contextHashes?.[0]}/context.tar`)
        expect(stored?.length).toBe(512 + size + 1024)
        expect(double.seen.at(-1)?.headers).toMatchObject({
          "content-length": String(stored?.length),
          "content-type": "application/x-tar"
        })
      })
    )
  )

  it.effect("names the file that was changed meanwhile, even when it is streamed", () =>
    withFiles(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const double = Storage.storage()
        const directory = yield* temporary({ large: new Uint8Array(17 * 1024 * 1024) })
        const contexts = yield* Image.contexts(fileAt(`${directory}/large`))
        yield* fs.writeFileString(`${directory}/large`, "short")
        const problem = yield* Effect.flatMap(ObjectStorage, (storage) => storage.upload(contexts)).pipe(
          Effect.flip,
          withRequestOptions({ retry: false }),
          Effect.provide(over(double))
        )
        expect(problem).toMatchObject({ _tag: "InvalidRequest", operation: "Image.addLocalFile" })
      })
    )
  )

  for (const refusal of [
    [400, "ExpiredToken"],
    [403, "InvalidAccessKeyId"]
  ] as const) {
    it.effect(`renews credentials, once for all uploads, after ${refusal.join(" ")}`, () =>
      withFiles(
        Effect.gen(function* () {
          const double = Storage.storage({ expired: 1, refusal })
          const image = directoryOf(yield* temporary(tree)).pipe(Image.addLocalDir(yield* temporary({ z: "z" }), "/z"))
          yield* built(double, image)
          expect(double.objects.size).toBe(2)
          expect(requests(double).filter((each) => each.endsWith("push-access"))).toHaveLength(2)
          expect(double.problems).toEqual([])
        })
      )
    )
  }

  it.effect("gives up when the new credentials are refused too, and shows none of them", () =>
    withFiles(
      Effect.gen(function* () {
        const double = Storage.storage({ expired: 9, refusal: [403, "AccessDenied"] })
        const problem = yield* Effect.flip(built(double, directoryOf(yield* temporary(tree))))
        expect(problem).toMatchObject({
          _tag: "Forbidden",
          serverCode: "AccessDenied",
          detail: "AccessDenied: Because."
        })
        expect(requests(double).filter((each) => each.endsWith("push-access"))).toHaveLength(2)
        expect(`${JSON.stringify(problem)} ${String(problem)}`).not.toContain("canary")
      })
    )
  )

  it.effect("shows no credentials in spans, and sends no trace ids to storage", () =>
    withFiles(
      Effect.gen(function* () {
        const double = Storage.storage()
        const spans: Array<unknown> = []
        const tracer = Tracer.make({
          span: (name, parent, context, links, startTime, kind) => {
            const attributes = new Map<string, unknown>()
            spans.push([name, attributes])
            return {
              _tag: "Span",
              name,
              parent,
              context,
              links,
              kind,
              attributes,
              spanId: "s",
              traceId: "t",
              sampled: true,
              status: { _tag: "Started", startTime },
              end: () => undefined,
              attribute: (key, value) => void attributes.set(key, value),
              event: (event, _, about) => void spans.push([event, about]),
              addLinks: () => undefined
            }
          },
          context: (run) => run()
        })
        yield* Effect.withTracer(built(double, directoryOf(yield* temporary(tree))), tracer)
        const shown = JSON.stringify(spans, (_, value) => (value instanceof Map ? [...value] : value))
        expect(shown).toContain("Daytona.ObjectStorage.put")
        expect(shown).toContain("http.request")
        expect(shown).not.toContain("canary")
        expect(shown).not.toContain("AKIA")
        for (const { headers, url } of double.seen) {
          if (url.host === "s3.test:9000") expect(Object.keys(headers)).not.toContain("traceparent")
        }
      })
    )
  )

  for (const [what, told, region] of [
    ["the name of an AWS host", { storageUrl: "https://s3.eu-west-2.amazonaws.com" }, "eu-west-2"],
    ["a default", {}, "us-east-1"],
    ["a server that names it", { region: "auto" }, "auto"]
  ] as const) {
    it.effect(`takes the region from ${what}`, () =>
      withFiles(
        Effect.gen(function* () {
          const double = Storage.storage({ told })
          yield* Effect.either(built(double, directoryOf(yield* temporary(tree))))
          expect(double.seen[1]?.headers["authorization"]).toContain(`/${region}/s3/aws4_request`)
        })
      )
    )
  }

  it.effect("uses the default bucket if the server names none, and HTTPS if it names no scheme", () =>
    withFiles(
      Effect.gen(function* () {
        const double = Storage.storage({ told: { bucket: "", storageUrl: "s3.test:9000" } })
        yield* built(double, directoryOf(yield* temporary(tree)))
        expect(double.seen.at(-1)?.url.origin).toBe("https://s3.test:9000")
        expect(double.seen.at(-1)?.url.pathname).toMatch(/^\/daytona-volume-builds\/org-1\/[0-9a-f]{64}\/context.tar$/)
      })
    )
  )
})
