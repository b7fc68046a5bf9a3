import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { instructionsOf, nameAndValue, processWord, shapeOf, shellWords } from "../../../support/docker.js"
import { temporary } from "../../../support/temporaryFiles.js"

const x = Image.base("x:1")
const textOf = (image: Image.Image) => Effect.runSync(Image.dockerfile(image))

/** What follows the keyword of the last instruction. */
const lastOf = (image: Image.Image): string => shapeOf(textOf(image)).at(-1)?.[1] ?? ""

/** Text with many characters that are special to Docker, a shell or JSON. */
const text = FastCheck.oneof(
  FastCheck.string({ unit: FastCheck.constantFrom(..."'\"\\$`{}()<>|&;#=*?[]!~ \tabc1é😀"), maxLength: 12 }),
  FastCheck.string({ unit: "grapheme", maxLength: 12 }),
  FastCheck.constantFrom("\\", "'", "''", '"', "$", "${", "$$HOME", "a\\", "<<EOF", "#x", " ", "  a  ", "=", "-", "@")
)

const onLine = text.filter((value) => !/[\n\r\0]/.test(value))
const nonEmpty = onLine.filter((value) => value.trim() !== "")
const packageName = nonEmpty.filter((value) => !value.trim().startsWith("-"))

const check = <A>(arbitrary: FastCheck.Arbitrary<A>, property: (value: A) => void, numRuns = 500) =>
  FastCheck.assert(
    FastCheck.property(arbitrary, (value) => {
      property(value)
    }),
    { numRuns }
  )

describe("arguments are passed through literally:", () => {
  it("values of variables", () =>
    check(onLine, (value) => expect(nameAndValue(lastOf(x.pipe(Image.env({ NAME: value }))))).toEqual(["NAME", value])))

  it("values of labels", () =>
    check(onLine, (value) =>
      expect(nameAndValue(lastOf(x.pipe(Image.label({ "a.b": value }))))).toEqual(["a.b", value])
    ))

  it("expanded values, except for their variables", () =>
    check(
      onLine.map((value) => value.replaceAll("$", "")),
      (value) => {
        const image = x.pipe(Image.env({ NAME: `${value}$A\${B}${value}` }, { expand: true }))
        expect(nameAndValue(lastOf(image), { A: "1 '", B: "2" })).toEqual(["NAME", `${value}1 '2${value}`])
      }
    ))

  it("directories", () =>
    check(nonEmpty, (path) => expect(processWord(lastOf(x.pipe(Image.workdir(path))))).toBe(path)))

  it("volumes", () =>
    check(FastCheck.array(nonEmpty, { minLength: 1, maxLength: 3 }), (paths) => {
      const words: ReadonlyArray<string> = JSON.parse(lastOf(x.pipe(Image.volume(paths))))
      expect(words.map((word) => processWord(word))).toEqual(paths)
    }))

  it("entrypoints and commands, line breaks included", () =>
    check(FastCheck.array(text.filter((word) => !word.includes("\0"))), (words) => {
      expect(JSON.parse(lastOf(x.pipe(Image.entrypoint(words))))).toEqual(words)
      expect(JSON.parse(lastOf(x.pipe(Image.cmd(words))))).toEqual(words)
    }))

  it("paths of copies between images", () =>
    check(FastCheck.tuple(nonEmpty, nonEmpty), ([source, destination]) => {
      const rest = lastOf(x.pipe(Image.copy(source, destination, { from: "y" }))).replace("--from=y ", "")
      const words: ReadonlyArray<string> = rest.startsWith("[") ? JSON.parse(rest) : rest.split(" ")
      expect(words.map((word) => processWord(word))).toEqual([source, destination])
    }))

  it("packages, to a real shell", () =>
    check(
      FastCheck.array(packageName, { minLength: 1, maxLength: 5 }),
      (packages) => {
        const pip = lastOf(x.pipe(Image.pipInstall(packages))).replace("python -m pip install ", "")
        expect(shellWords(pip)).toEqual(packages.map((name) => name.trim()))
      },
      60
    ))

  it("options of pip, to a real shell", () =>
    check(
      FastCheck.tuple(nonEmpty, FastCheck.array(nonEmpty, { maxLength: 3 })),
      ([indexUrl, extraOptions]) => {
        const pip = lastOf(x.pipe(Image.pipInstall(["a"], { indexUrl, extraOptions })))
        expect(shellWords(pip).slice(4)).toEqual(["--index-url", indexUrl, ...extraOptions, "a"])
      },
      60
    ))

  it("commands, in both forms", () =>
    check(
      text.filter((command) => command.trim() !== "" && !command.includes("\0") && !command.trim().startsWith("--")),
      (command) => {
        const rest = lastOf(x.pipe(Image.run(command)))
        const script: unknown = /^\["\/bin\/sh", "-c", /.test(rest) ? JSON.parse(rest)[2] : rest
        expect(script).toBe(command.trim())
      }
    ))

  it("one line per step, which cannot affect the next", () =>
    check(FastCheck.tuple(onLine, nonEmpty, packageName), ([value, path, name]) => {
      const image = x.pipe(
        Image.env({ A: value }),
        Image.workdir(path),
        Image.pipInstall([name]),
        Image.label({ a: value }),
        Image.volume([path]),
        Image.run(`echo ${name}`),
        Image.cmd([value])
      )
      expect(instructionsOf(textOf(image)).map((each) => each.getKeyword())).toEqual([
        "FROM",
        "ENV",
        "WORKDIR",
        "RUN",
        "LABEL",
        "VOLUME",
        "RUN",
        "CMD"
      ])
      expect(textOf(image).split("\n")).toHaveLength(9)
    }))
})

const files = {
  "a.txt": "a",
  "b.txt": "b",
  ".env": "e",
  "with space.txt": "s",
  "a[1].txt": "1",
  src: { "main.py": "m", "util.py": "u", deep: { "x.py": "x" } },
  empty: {}
}

/** The Dockerfile with what stands for local files taken back to their names: `<src>` for a directory. */
const rendered = (make: (directory: string) => Image.Image<Image.LocalFiles>) =>
  Effect.gen(function* () {
    const image = make(yield* temporary(files))
    const dockerfile = yield* Image.dockerfile(image)
    return dockerfile.replace(/ctx\/[0-9a-f]{64}/g, "ctx/#")
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const fromText = (text: string) => rendered((contextDir) => Image.fromDockerfile(text, { contextDir }))

const refusal = (text: string) => Effect.flip(fromText(text))

describe("a Dockerfile", () => {
  const verbatim: ReadonlyArray<readonly [what: string, text: string]> = [
    ["without local files", "# comment\n\nFROM a\n\nRUN b # c\n"],
    ["with a copy from another stage", "FROM a AS one\nFROM b\nCOPY --from=one --chown=1 /x /y\n"],
    ["with continuation lines", "FROM a\nRUN b \\\n  # comment\n\n  && c\nENV A=1 \\\n    B=2\n"],
    ["with a here-document", "FROM a\nRUN <<EOF\nCOPY a.txt /x\n  EOF\nEOF\nRUN c\n"],
    ["with a here-document as a source", "FROM a\nCOPY <<-'E' <<F /x/\n\tCOPY y z\n\tE\nF\n"],
    ["with a URL", "FROM a\nADD https://e.com/$X.tar git@github.com:a/b.git /x/\n"],
    ["with an ONBUILD trigger", "FROM a\nONBUILD COPY . /app\n"],
    ["with a mount from an image", "FROM a\nRUN --mount=type=bind,from=b,target=/x --mount=type=cache,target=/y c\n"],
    ["with a syntax directive", "# syntax=docker/dockerfile:1\nFROM a\n"]
  ]
  for (const [what, text] of verbatim) {
    it.effect(`${what} is kept unchanged`, () =>
      Effect.gen(function* () {
        expect(yield* Image.dockerfile(Image.fromDockerfile(text)).pipe(Effect.flip, Effect.merge)).toBe(text)
      })
    )
  }

  it("ends with one line break, and has only \\n line breaks", () =>
    expect(textOf(Image.fromDockerfile("\uFEFFFROM a\r\nRUN b\r\n\r\n"))).toBe("FROM a\nRUN b\n"))

  const copies: ReadonlyArray<readonly [what: string, line: string, expected: string]> = [
    ["one file", "COPY a.txt /x", "COPY ctx/#/a.txt /x"],
    ["a file with ./ before it", "COPY ./a.txt /x", "COPY ctx/#/a.txt /x"],
    ["a file with / before it", "COPY /a.txt /x", "COPY ctx/#/a.txt /x"],
    ["several files", "COPY a.txt b.txt /x/", "COPY ctx/#/a.txt ctx/#/b.txt /x/"],
    ["a directory", "COPY src /x", "COPY ctx/# /x"],
    ["a file below a directory", "COPY src/deep/x.py /x/", "COPY ctx/#/x.py /x/"],
    ["everything", "COPY . .", "COPY ctx/# ."],
    ["flags and JSON", 'COPY --chown=1:1 --link ["src", "/d/"]', "COPY --chown=1:1 --link ctx/# /d/"],
    ["a file with a space", 'COPY ["with space.txt", "/d e/"]', `COPY ["'ctx/#/with space.txt'", "/d e/"]`],
    ["continuation lines", "copy a.txt \\\n  # not this one\n  b.txt \\\n  /x/", "COPY ctx/#/a.txt ctx/#/b.txt /x/"],
    [
      "a pattern",
      "COPY *.txt /x/",
      `COPY ["ctx/#/a.txt", "'ctx/#/a[[]1].txt'", "ctx/#/b.txt", "'ctx/#/with space.txt'", "/x/"]`
    ],
    ["a pattern for one character", "COPY ?.txt /x/", "COPY ctx/#/a.txt ctx/#/b.txt /x/"],
    ["a pattern with a set", "COPY [^a].txt /x/", "COPY ctx/#/b.txt /x/"],
    ["a pattern in a directory", "COPY s*/*.py /x/", "COPY ctx/#/main.py ctx/#/util.py /x/"],
    ["a pattern that hidden files match", "COPY .e* /x/", "COPY ctx/#/.env /x/"],
    ["an escaped pattern", "COPY 'a\\[1].txt' /x/", "COPY 'ctx/#/a[[]1].txt' /x/"],
    ["a quoted word", "COPY 'a.txt' \"/$X\"", 'COPY ctx/#/a.txt "/$X"'],
    ["a URL and a file", "ADD https://e.com/z a.txt /x/", "ADD https://e.com/z ctx/#/a.txt /x/"]
  ]
  for (const [what, line, expected] of copies) {
    it.effect(`that copies ${what} finds it in the archive`, () =>
      Effect.map(fromText(`FROM a\n${line}\nRUN b\n`), (text) => expect(text).toBe(`FROM a\n${expected}\nRUN b\n`))
    )
  }

  const refused: ReadonlyArray<readonly [what: string, line: string, why: string]> = [
    ["a variable in a source", "COPY $X /x", "has a variable"],
    ["a source that does not exist", "COPY c.txt /x", "does not exist"],
    ["a pattern that nothing matches", "COPY *.md /x", "matches no file"],
    ["a malformed pattern", "COPY [b-a].txt /x", "malformed pattern"],
    ["an unterminated pattern", "COPY [a.txt /x", "malformed pattern"],
    ["a path that leads out of the directory", "COPY src/../../etc /x", "leads out"],
    ["a directory without files", "COPY empty /x", "without files"],
    ["no destination", "COPY a.txt", "a source and a destination"],
    ["--parents", "COPY --parents src/deep/x.py /x", "--parents"],
    ["files next to a here-document", "COPY a.txt <<E /x/\ny\nE", "separate instructions"],
    ["an unfinished here-document", "RUN <<E\ny", "instruction is incomplete"],
    ["an unfinished line", "RUN a \\", "instruction is incomplete"],
    ["an unfinished quote", "COPY 'a.txt /x", "unterminated quote"],
    ["a mount of the context", "RUN --mount=type=bind,source=.,target=/x make", "mounts of the build context"],
    ["a mount without a type", "RUN --mount=target=/x make", "mounts of the build context"]
  ]
  for (const [what, line, why] of refused) {
    it.effect(`with ${what} is refused, and says why`, () =>
      Effect.map(refusal(`FROM a\n${line}`), (problem) => {
        expect(problem).toMatchObject({ _tag: "InvalidRequest", operation: "Image.fromDockerfile", field: "text" })
        expect(problem.message).toContain(why)
      })
    )
  }

  it.effect("with another escape character is refused: it would change the meaning of later steps", () =>
    Effect.map(refusal("# escape=`\nFROM a"), (problem) => expect(problem.message).toContain("escape character"))
  )

  it("that needs local files requires a contextDir", () => {
    const problem = Effect.runSync(Effect.flip(Image.dockerfile(Image.fromDockerfile("FROM a\nCOPY . /app"))))
    expect(problem.message).toContain("line 2 `COPY . /app`")
    expect(problem.message).toContain("contextDir")
  })

  it.effect("on this machine is read when it is used, and finds the files next to it", () =>
    Effect.gen(function* () {
      const directory = yield* temporary({
        app: { Dockerfile: "FROM a\nCOPY main.py /x\n", "main.py": "m" },
        "main.py": ""
      })
      const image = Image.fromDockerfileFile(`${directory}/app/Dockerfile`).pipe(Image.user("u"))
      expect((yield* Image.dockerfile(image)).replace(/[0-9a-f]{64}/, "#")).toBe(
        "FROM a\nCOPY ctx/#/main.py /x\nUSER u\n"
      )
      const missing = yield* Effect.flip(Image.dockerfile(Image.fromDockerfileFile(`${directory}/Dockerfile`)))
      expect(missing).toMatchObject({ operation: "Image.fromDockerfileFile", field: "path" })
      expect(missing.message).toContain("does not exist")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
  )
})

describe("steps with local files", () => {
  it.effect("emit the paths of the archive", () =>
    Effect.map(
      rendered((directory) =>
        x.pipe(
          Image.addLocalFile(`${directory}/a.txt`, "/app/"),
          Image.addLocalDir(`${directory}/src/`, "/app/s c", { chown: "u" }),
          Image.copy("*.py", "/y/", { contextDir: `${directory}/src` }),
          Image.add("a.txt", "/z/", { contextDir: directory }),
          Image.dockerfileCommands(["COPY b.txt /b", "RUN c"], { contextDir: directory })
        )
      ),
      (text) =>
        expect(text).toBe(
          `FROM x:1\nCOPY ctx/#/a.txt /app/\nCOPY --chown=u ["ctx/#", "'/app/s c'"]\nCOPY ctx/#/main.py ctx/#/util.py /y/\nADD ctx/#/a.txt /z/\nCOPY ctx/#/b.txt /b\nRUN c\n`
        )
    )
  )

  it.effect("install the requirements of a file", () =>
    Effect.map(
      rendered((directory) => x.pipe(Image.pipInstallFromRequirements(`${directory}/a.txt`, { pre: true }))),
      (text) =>
        expect(text).toBe(
          "FROM x:1\nCOPY ctx/#/a.txt /.requirements.txt\nRUN python -m pip install --pre -r /.requirements.txt\n"
        )
    )
  )

  it.effect("need the services that their type requires", () => {
    const image: Image.Image<Image.LocalFiles> = x.pipe(Image.addLocalFile("a", "/b"))
    const forgotten: Image.Image<unknown> = image
    return Effect.gen(function* () {
      const problem = yield* Effect.flip(Image.dockerfile(forgotten))
      expect(problem.message).toContain("FileSystem")
    }).pipe(Effect.provide(Context.empty() satisfies Context.Context<never>), (program) =>
      Effect.provide(program, Context.unsafeMake<unknown>(new Map()))
    )
  })
})
