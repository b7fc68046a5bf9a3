import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { shapeOf } from "../../../support/docker.js"
import { temporary } from "../../../support/temporaryFiles.js"

/** The Dockerfile after its local sources were replaced. */
const rendered = (contextDir: string, text: string) =>
  Effect.map(Image.dockerfile(Image.fromDockerfile(text, { contextDir })), (dockerfile) =>
    dockerfile.replace(/ctx\/[0-9a-f]{64}/g, "ctx/#")
  )

const inContext = <A, E>(use: (contextDir: string) => Effect.Effect<A, E, Image.LocalFiles>) =>
  Effect.flatMap(temporary({ "a.txt": "a" }), use).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const copy = "COPY a.txt /x"
const found = "COPY ctx/#/a.txt /x"

/** What stands before an instruction of its own; the rules are those of BuildKit's parser. */
const complete: ReadonlyArray<readonly [what: string, text: string]> = [
  ["an escaped backslash at the end of a line", "RUN echo \\\\"],
  ["three backslashes at the end of a line", "RUN echo \\\\\\"],
  ["an escaped backslash with spaces after it", "RUN echo \\\\ \t"],
  ["a backslash before another character", "RUN echo \\n"],
  ["a comment that ends with a backslash", "# comment \\"],
  ["an indented comment that ends with a backslash", "  \t# comment \\"],
  ["a comment with a backslash between continued lines", "RUN a \\\n# comment \\\n  b"],
  ["blank lines between continued lines", "RUN a \\\n\n \t\n  b"],
  ["a blank line with a comment after it between continued lines", "RUN a \\\n\n  # c\n  b"],
  ["spaces after the backslash of a continued line", "RUN a \\ \t\n  b"],
  ["a line that has only a backslash", "RUN a \\\n\\\n  b"],
  ["a backslash before the instruction", "\\\nRUN b"],
  ["carriage returns", "RUN a \\\r\n  b\r"],
  ["two carriage returns", "RUN a \\\r\r\n  b\r\r"],
  ["a here-document", "RUN <<EOF\nCOPY no /x\nEOF"],
  ["a here-document after a space", "RUN cat << EOF\nCOPY no /x\nEOF"],
  ["a here-document with carriage returns", "RUN <<EOF\r\nCOPY no /x\r\nEOF\r"],
  ["a here-document with tabs before its end", "RUN <<-EOF\n\tCOPY no /x\n\tEOF"],
  ["two here-documents", "RUN <<A cat <<'B'\nCOPY no /x\nA\nCOPY no /x\nB"],
  ["a here-document with a file descriptor", "RUN 3<<EOF\nCOPY no /x\nEOF"],
  ["a here-document in a continued instruction", "RUN a \\\n  <<EOF\nCOPY no /x \\\nEOF"],
  ["a here-document of an ONBUILD trigger", "ONBUILD RUN <<EOF\nCOPY no /x\nEOF"],
  ["a here-document after variables", `RUN \${A} \${B:-it} \${C/'x y'/z} $D <<EOF\nCOPY no /x\nEOF`],
  ["`<<` after an unterminated quote", "RUN echo it's <<EOF"],
  ["`<<` after a variable that Docker cannot read", `RUN echo \${a[0]} <<EOF`],
  ["`<<` in quotes", "RUN echo \"x <<EOF\" '<<EOF'"],
  ["`<<` after a backslash", "RUN echo \\<<EOF"],
  ["`<<<`", "RUN cat <<<EOF"],
  ["`<<` within a word", "RUN echo $((1<<2)) x<<EOF"],
  ["`<<` in a JSON array", 'RUN ["cat", "<<EOF"]'],
  ["`<<` in a JSON array after flags", 'RUN --network=none [ "sh", "-c", "a", "<<EOF" ]'],
  ["`<<` in another instruction", "ENV A=1 B=<<EOF"]
]

describe("an instruction of a Dockerfile", () => {
  for (const [what, text] of complete) {
    it.effect(`is not swallowed after ${what}`, () =>
      inContext((contextDir) =>
        Effect.map(rendered(contextDir, `FROM a\n${text}\n${copy}\nUSER u\n`), (dockerfile) => {
          const unchanged = text.replace(/\r+(?=\n|$)/g, "")
          expect(dockerfile).toBe(`FROM a\n${unchanged}\n${found}\nUSER u\n`)
        })
      )
    )
  }

  for (const [what, text] of [
    ["a backslash", "RUN a \\"],
    ["a backslash and spaces", "RUN a \\  "],
    ["a comment in a continued instruction", "RUN a \\\n# comment"],
    ["a here-document without its end", "RUN cat << EOF"],
    ["a here-document whose end is indented", "RUN <<EOF\n  EOF"]
  ] as const) {
    it.effect(`is part of the one before it after ${what}, so the end of the text is refused`, () =>
      Effect.gen(function* () {
        const verbatim = yield* inContext((contextDir) =>
          Effect.either(rendered(contextDir, `FROM a\n${text}\n${copy}\nEOF\n`))
        )
        if (verbatim._tag === "Right") expect(verbatim.right).toBe(`FROM a\n${text}\n${copy}\nEOF\n`)
        const problem = yield* Effect.flip(Image.dockerfile(Image.fromDockerfile(`FROM a\n${text}\n`)))
        expect(problem.message).toContain("the instruction is incomplete")
      })
    )
  }

  const piece = FastCheck.constantFrom("echo a", "&& b", "'c d'", "x\\ny", '"e"', "$F", "x # y", "g=h")
  const between = FastCheck.constantFrom("", "# comment", "  # comment \\", " ", "\t")
  const body = FastCheck.constantFrom("COPY no /x", "RUN b \\", "# comment", "", "text")
  const instruction = FastCheck.oneof(
    FastCheck.tuple(
      FastCheck.constantFrom("RUN", "run", "  RUN", "ENV A=1", "LABEL b=2"),
      FastCheck.array(FastCheck.tuple(FastCheck.array(between, { maxLength: 2 }), piece), {
        minLength: 1,
        maxLength: 4
      })
    ).map(([keyword, lines]) =>
      lines.reduce((text, [others, each]) => [`${text} \\`, ...others, `  ${each}`].join("\n"), `${keyword} first`)
    ),
    FastCheck.tuple(FastCheck.constantFrom("<<", "<<-"), FastCheck.array(body, { maxLength: 3 })).map(
      ([operator, lines]) => [`RUN cat ${operator}END > /f`, ...lines, "END"].join("\n")
    ),
    FastCheck.constantFrom("# comment", "", "USER u", copy, `COPY \\\n  # comment\n  a.txt \\\n\n  /x`)
  )

  it("is found wherever another parser finds one", () =>
    Effect.runPromise(
      inContext((contextDir) =>
        Effect.promise(() =>
          FastCheck.assert(
            FastCheck.asyncProperty(FastCheck.array(instruction, { minLength: 1, maxLength: 6 }), async (parts) => {
              const text = ["FROM a", ...parts, "CMD end"].join("\n")
              const dockerfile = await Effect.runPromise(Effect.provide(rendered(contextDir, text), NodeContext.layer))
              const before = shapeOf(text)
              const after = shapeOf(dockerfile)
              expect(after.map(([keyword]) => keyword)).toEqual(before.map(([keyword]) => keyword))
              for (const [index, [keyword, rest]] of before.entries()) {
                expect(after[index]?.[1]).toBe(keyword === "COPY" ? "ctx/#/a.txt /x" : rest)
              }
            }),
            { numRuns: 100 }
          )
        )
      )
    ))
})

describe("the escape directive of a Dockerfile", () => {
  const problemOf = (text: string) => Effect.runSync(Effect.either(Image.dockerfile(Image.fromDockerfile(text))))

  for (const text of [
    "# escape=`\nFROM a",
    "#\tESCAPE = `\nFROM a",
    "# syntax=docker/dockerfile:1\n# check=skip=all\n# escape=`\nFROM a"
  ]) {
    it(`is refused, since later steps rely on the backslash: ${JSON.stringify(text)}`, () =>
      expect(problemOf(text)).toMatchObject({ _tag: "Left", left: { field: "text" } }))
  }

  for (const text of [
    "# comment\n# escape=`\nFROM a",
    "\n# escape=`\nFROM a",
    "# unknown=1\n# escape=`\nFROM a",
    "FROM a\n# escape=`\nRUN b",
    "# escape=\\\nFROM a"
  ]) {
    it(`is only a comment, or changes nothing: ${JSON.stringify(text)}`, () =>
      expect(problemOf(text)).toMatchObject({ _tag: "Right", right: `${text}\n` }))
  }
})
