import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { localReference } from "../../../../src/services/daytona/image/requirements.js"
import { temporary } from "../../../support/temporaryFiles.js"

const local: ReadonlyArray<readonly [line: string, path: string]> = [
  ["-r base.txt", "base.txt"],
  ["-rbase.txt", "base.txt"],
  ["--requirement base.txt # why", "base.txt"],
  ["--requirement=base.txt", "base.txt"],
  ["--requirem base.txt", "base.txt"],
  ["-r 'my base.txt'", "my base.txt"],
  ["-c constraints.txt", "constraints.txt"],
  ["--constraint=../constraints.txt", "../constraints.txt"],
  ["-e .", "."],
  ["-e .[dev]", ".[dev]"],
  ["--editable=file:///work/pkg", "file:///work/pkg"],
  ["-e git+file:///work/pkg#egg=x", "git+file:///work/pkg#egg=x"],
  ["-f ./wheels", "./wheels"],
  ["--find-links=wheels", "wheels"],
  ["--index-url https://e.com/simple -r base.txt", "base.txt"],
  ["  -e ./pkg", "./pkg"],
  [".", "."],
  ["./pkg", "./pkg"],
  ["./pkg[extra] ; python_version < '3.12'", "./pkg[extra] ; python_version < '3.12'"],
  ["../pkg --hash=sha256:ab", "../pkg"],
  ["/work/pkg", "/work/pkg"],
  ["~/pkg", "~/pkg"],
  ["dist/pkg-1.0-py3-none-any.whl", "dist/pkg-1.0-py3-none-any.whl"],
  ["pkg-1.0.tar.gz", "pkg-1.0.tar.gz"],
  ["C:\\work\\pkg", "C:\\work\\pkg"],
  ["file:///work/pkg", "file:///work/pkg"],
  ["pkg @ file:./local", "pkg @ file:./local"],
  ["pkg[a] @ ../local", "pkg[a] @ ../local"]
]

const fine: ReadonlyArray<string> = [
  "numpy",
  "numpy==1.26.* ; python_version >= '3.9' and platform_release != '1/2'",
  "black[jupyter,d]>=24,<25 --hash=sha256:ab",
  "pkg @ https://e.com/pkg.whl ; extra == 'x'",
  "pkg @ git+https://$" + "{TOKEN}@github.com/o/pkg@main#egg=pkg",
  "pkg @ $" + "{URL}",
  "git+ssh://git@github.com/o/pkg.git",
  "https://e.com/pkg-1.0.tar.gz",
  "-e git+https://github.com/o/pkg#egg=pkg",
  "-r https://e.com/base.txt",
  "-c https://e.com/constraints.txt",
  "-f https://e.com/wheels",
  "--index-url https://e.com/simple",
  "--extra-index-url https://user:pw@e.com/simple",
  "--require-hashes",
  "--pre",
  "--no-binary :all:",
  "# -r base.txt",
  "numpy # ./not-a-path",
  ""
]

describe("a requirements file", () => {
  for (const [line, path] of local) {
    it(`that refers to a path is found out, with its line: ${line}`, () =>
      expect(localReference(`# first\nnumpy\n${line}\npandas\n`)).toMatchObject({ line: 3, path }))
  }

  for (const line of fine) {
    it(`is taken as it is with: ${line || "a blank line"}`, () => expect(localReference(`${line}\n`)).toBeUndefined())
  }

  it("is read in logical lines, as pip joins them", () => {
    expect(localReference("numpy \\\n  --hash=sha256:ab\n-r \\\nbase.txt\n")).toMatchObject({
      line: 3,
      path: "base.txt"
    })
    expect(localReference("numpy # c \\\n-r base.txt")).toMatchObject({ line: 2, path: "base.txt" })
    expect(localReference("a\r\n\r\n-e .\r\n")).toMatchObject({ line: 3, path: "." })
    expect(localReference("-e \\")).toBeUndefined()
  })

  it("is read in time that grows with its length", () => {
    const long = [`numpy${" ".repeat(400_000)}x`, `-${"-".repeat(400_000)}`, "[".repeat(400_000), "a;".repeat(400_000)]
    expect(localReference(long.join("\n"))).toBeUndefined()
  })

  it("is never accepted when a line among others refers to a path, and never refused without one", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.constantFrom(...fine)),
        FastCheck.option(FastCheck.constantFrom(...local)),
        FastCheck.array(FastCheck.constantFrom(...fine)),
        FastCheck.constantFrom("\n", "\r\n"),
        (before, reference, after, end) => {
          const lines = [...before, ...(reference === null ? [] : [reference[0]]), ...after]
          const found = localReference(lines.join(end))
          if (reference === null) expect(found).toBeUndefined()
          else expect(found).toMatchObject({ line: before.length + 1, path: reference[1] })
        }
      )
    ))

  const problemOf = (content: string | Uint8Array) =>
    Effect.gen(function* () {
      const directory = yield* temporary({ "requirements.txt": content })
      const image = Image.base("x:1").pipe(Image.pipInstallFromRequirements(`${directory}/requirements.txt`))
      return yield* Effect.flip(Image.dockerfile(image))
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

  for (const [line, advice] of [
    ["-r base.txt", "another `pipInstallFromRequirements`"],
    ["-c base.txt", '`extraOptions: ["-c"'],
    ["-e .", "`pipInstall` by its path in the image"],
    ["./pkg", "`pipInstall` by its path in the image"],
    ["-f wheels", "`findLinks`"]
  ] as const) {
    it.effect(`is refused before anything is sent, with what to do: ${line}`, () =>
      Effect.map(problemOf(`numpy\n${line}\n`), (problem) => {
        expect(problem).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Image.pipInstallFromRequirements",
          field: "path",
          admitted: "no"
        })
        expect(problem.message).toContain("at line 2")
        expect(problem.message).toContain(advice)
      })
    )
  }

  it.effect("is also read in UTF-16, as PowerShell writes it", () =>
    Effect.map(problemOf(new Uint8Array(Buffer.from("\ufeffnumpy\r\n-e .\r\n", "utf16le"))), ({ message }) =>
      expect(message).toContain("at line 2")
    )
  )
})
