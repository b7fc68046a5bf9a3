import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import type { InvalidRequest } from "../../../../src/errors/index.js"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { instructionsOf, shapeOf } from "../../../support/docker.js"

const x = Image.base("x:1")

const textOf = (image: Image.Image) => Effect.runSync(Image.dockerfile(image))

const problemOf = (image: Image.Image) =>
  Either.getOrThrow(Either.flip(Effect.runSync(Effect.either(Image.dockerfile(image)))))

const goldens: ReadonlyArray<readonly [call: string, image: Image.Image, text: string]> = [
  ["base", Image.base("python:3.11"), "FROM python:3.11\n"],
  ["base with a registry and a digest", Image.base("ghcr.io/o/n@sha256:ab"), "FROM ghcr.io/o/n@sha256:ab\n"],
  ["debianSlim", Image.debianSlim(), "FROM python:3.12.10-slim-bookworm\n"],
  ["debianSlim of a series", Image.debianSlim("3.10"), "FROM python:3.10.17-slim-bookworm\n"],
  ["debianSlim of a release", Image.debianSlim("3.12.7"), "FROM python:3.12.7-slim-bookworm\n"],
  [
    "debianSlim with compilers",
    Image.debianSlim("3.13", { buildTools: true }),
    "FROM python:3.13.3-slim-bookworm\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y gcc gfortran build-essential && rm -rf /var/lib/apt/lists/*\nRUN python -m pip install --upgrade pip\n"
  ],
  ["fromDockerfile", Image.fromDockerfile("FROM a\nRUN b"), "FROM a\nRUN b\n"],
  [
    "aptGet",
    x.pipe(Image.aptGet(["git", "libfoo=1.2-3+deb12u1"])),
    "FROM x:1\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y git libfoo=1.2-3+deb12u1 && rm -rf /var/lib/apt/lists/*\n"
  ],
  [
    "aptGet without recommendations",
    x.pipe(Image.aptGet(["git"], { recommends: false })),
    "FROM x:1\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*\n"
  ],
  ["aptGet of nothing", x.pipe(Image.aptGet([])), "FROM x:1\n"],
  [
    "pipInstall, whose packages are no redirections",
    x.pipe(Image.pipInstall(["numpy>=1.26", "pandas", "black[jupyter]", "a b", "it's", "$HOME"])),
    "FROM x:1\nRUN python -m pip install 'numpy>=1.26' pandas 'black[jupyter]' 'a b' 'it'\\''s' '$HOME'\n"
  ],
  ["pipInstall of one package", x.pipe(Image.pipInstall("numpy")), "FROM x:1\nRUN python -m pip install numpy\n"],
  ["pipInstall of nothing", x.pipe(Image.pipInstall([], { pre: true })), "FROM x:1\n"],
  [
    "pipInstall with options",
    x.pipe(
      Image.pipInstall(["torch"], {
        findLinks: ["/w1", "/w 2"],
        indexUrl: "https://i/s?x=1&y=2",
        extraIndexUrls: ["https://e1", "https://e2"],
        pre: true,
        extraOptions: ["--no-cache-dir", "--timeout", "60"]
      })
    ),
    "FROM x:1\nRUN python -m pip install --find-links /w1 --find-links '/w 2' --index-url 'https://i/s?x=1&y=2' --extra-index-url https://e1 --extra-index-url https://e2 --pre --no-cache-dir --timeout 60 torch\n"
  ],
  ["run", x.pipe(Image.run('echo "hi" && ls | wc -l')), 'FROM x:1\nRUN echo "hi" && ls | wc -l\n'],
  [
    "run of several lines",
    x.pipe(Image.run("set -e\necho 'a'\n")),
    'FROM x:1\nRUN ["/bin/sh", "-c", "set -e\\necho \'a\'"]\n'
  ],
  ["run of a here-document", x.pipe(Image.run("cat <<EOF")), 'FROM x:1\nRUN ["/bin/sh", "-c", "cat <\\u003cEOF"]\n'],
  ["run that ends with a backslash", x.pipe(Image.run("echo \\")), 'FROM x:1\nRUN ["/bin/sh", "-c", "echo \\\\"]\n'],
  [
    "run that looks like a list",
    x.pipe(Image.run('["a"] && b')),
    'FROM x:1\nRUN ["/bin/sh", "-c", "[\\"a\\"] && b"]\n'
  ],
  ["run of a test", x.pipe(Image.run("[ -d /x ] || mkdir /x")), "FROM x:1\nRUN [ -d /x ] || mkdir /x\n"],
  [
    "run of a program",
    x.pipe(Image.run(["python", "-c", 'print("x")\nprint(1)'])),
    'FROM x:1\nRUN ["python", "-c", "print(\\"x\\")\\nprint(1)"]\n'
  ],
  ["runCommands", x.pipe(Image.runCommands(["a", ["b", "c"]])), 'FROM x:1\nRUN a\nRUN ["b", "c"]\n'],
  [
    "env",
    x.pipe(
      Image.env({ A: "1", B: "two words", C: "q'uote", D: 'a"b', E: "$HOME", F: "", G: "a=b", H: "línea", I: "a\\b" })
    ),
    "FROM x:1\nENV A=1\nENV B='two words'\nENV C='q'\\''uote'\nENV D='a\"b'\nENV E='$HOME'\nENV F=''\nENV G=a=b\nENV H='línea'\nENV I='a\\b'\n"
  ],
  [
    "env that expands",
    x.pipe(Image.env({ PATH: '/opt/"x"\\bin:$PATH' }, { expand: true })),
    'FROM x:1\nENV PATH="/opt/\\"x\\"\\\\bin:$PATH"\n'
  ],
  ["label", x.pipe(Image.label({ "org.example/k": 'a "b"' })), "FROM x:1\nLABEL org.example/k='a \"b\"'\n"],
  ["workdir", x.pipe(Image.workdir("/app")), "FROM x:1\nWORKDIR /app\n"],
  ["workdir with a space", x.pipe(Image.workdir("/my app")), "FROM x:1\nWORKDIR '/my app'\n"],
  ["user", x.pipe(Image.user("app:1000")), "FROM x:1\nUSER app:1000\n"],
  ["expose", x.pipe(Image.expose([8080, "53/udp", "8000-8010"])), "FROM x:1\nEXPOSE 8080 53/udp 8000-8010\n"],
  ["expose of nothing", x.pipe(Image.expose([])), "FROM x:1\n"],
  [
    "volume",
    x.pipe(Image.volume(["/data", "/lo gs", "/it's"])),
    `FROM x:1\nVOLUME ["/data", "/lo gs", "'/it'\\\\''s'"]\n`
  ],
  ["volume of nothing", x.pipe(Image.volume([])), "FROM x:1\n"],
  [
    "entrypoint",
    x.pipe(Image.entrypoint(["python", "-c", 'print("x") && a<b>&c'])),
    'FROM x:1\nENTRYPOINT ["python", "-c", "print(\\"x\\") && a<b>&c"]\n'
  ],
  ["entrypoint of nothing", x.pipe(Image.entrypoint([])), "FROM x:1\nENTRYPOINT []\n"],
  ["cmd", x.pipe(Image.cmd(["a", 'b "c"'])), 'FROM x:1\nCMD ["a", "b \\"c\\""]\n'],
  ["cmd of nothing", x.pipe(Image.cmd([])), "FROM x:1\nCMD []\n"],
  [
    "copy out of another image",
    x.pipe(
      Image.copy(["/uv", "/u x"], "/bin/", { from: "ghcr.io/astral-sh/uv:0.5", chown: "1000:1000", chmod: "755" })
    ),
    `FROM x:1\nCOPY --from=ghcr.io/astral-sh/uv:0.5 --chown=1000:1000 --chmod=755 ["/uv", "'/u x'", "/bin/"]\n`
  ],
  [
    "add of a URL",
    x.pipe(Image.add("https://e.com/a?b=$c", "/opt/a.tar", { chown: "app" })),
    "FROM x:1\nADD --chown=app 'https://e.com/a?b=$c' /opt/a.tar\n"
  ],
  [
    "dockerfileCommands",
    x.pipe(Image.dockerfileCommands(['SHELL ["/bin/bash", "-c"]', "RUN a \\\n  && b", "COPY --from=y /a /b"])),
    'FROM x:1\nSHELL ["/bin/bash", "-c"]\nRUN a \\\n  && b\nCOPY --from=y /a /b\n'
  ]
]

describe("an image", () => {
  for (const [call, image, text] of goldens) {
    it(`made with ${call} has the same text as in earlier versions`, () => expect(textOf(image)).toBe(text))
    it(`made with ${call} is parsed as one instruction per line by another parser`, () => {
      const lines = text.replaceAll("\\\n", "").trimEnd().split("\n")
      expect(shapeOf(text).map(([keyword]) => keyword)).toEqual(lines.map((line) => line.split(" ")[0]))
    })
  }

  it("can be built without pipe", () =>
    expect(textOf(Image.env(Image.aptGet(x, []), { A: "1" }, { expand: true }))).toBe('FROM x:1\nENV A="1"\n'))

  it("is not modified when steps are added", () => {
    const before = textOf(x)
    x.pipe(Image.run("a"), Image.run("b"))
    expect(textOf(x)).toBe(before)
  })

  it("equals an image with the same steps, and no other", () => {
    const one = x.pipe(Image.env({ A: "1" }), Image.run("a"))
    const same = Image.run(Image.env(Image.base("x:1"), { A: "1" }), "a")
    expect(Equal.equals(one, same)).toBe(true)
    expect(Hash.hash(one)).toBe(Hash.hash(same))
    expect(Equal.equals(one, x)).toBe(false)
    expect(Equal.equals(one, x.pipe(Image.run("a"), Image.env({ A: "1" })))).toBe(false)
  })

  it("has JSON arrays only where they are intended", () => {
    const image = x.pipe(Image.entrypoint(["a"]), Image.cmd(["b"]), Image.volume(["/c"]), Image.run(["d"]))
    expect(instructionsOf(textOf(image)).map((each) => each.getRawArgumentsContent())).toEqual([
      "x:1",
      '["a"]',
      '["b"]',
      '["/c"]',
      '["d"]'
    ])
  })
})

const wrong: ReadonlyArray<readonly [what: string, image: Image.Image, call: string, field: string]> = [
  ["a base with an option", Image.base("--platform=x y"), "Image.base", "image"],
  ["a base with a variable", Image.base("$X"), "Image.base", "image"],
  ["an empty base", Image.base(""), "Image.base", "image"],
  ["an unknown Python series", Image.debianSlim("3.8"), "Image.debianSlim", "python"],
  ["a package with a line break", x.pipe(Image.pipInstall(["a", "b\nRUN rm"])), "Image.pipInstall", "packages.1"],
  ["a package that is an option", x.pipe(Image.pipInstall(["--pre"])), "Image.pipInstall", "packages.0"],
  ["an empty package", x.pipe(Image.aptGet([" "])), "Image.aptGet", "packages.0"],
  ["a package with NUL", x.pipe(Image.aptGet(["a\0"])), "Image.aptGet", "packages.0"],
  [
    "an index with a line break",
    x.pipe(Image.pipInstall(["a"], { indexUrl: "a\nb" })),
    "Image.pipInstall",
    "options.indexUrl"
  ],
  ["a value with a line break", x.pipe(Image.env({ OK: "1", A: "1\n2" })), "Image.env", "variables.A"],
  ["a value with a carriage return", x.pipe(Image.env({ A: "1\r2" })), "Image.env", "variables.A"],
  ["an empty variable name", x.pipe(Image.env({ "": "1" })), "Image.env", "variables."],
  ["a variable name with a space", x.pipe(Image.env({ "A B": "1" })), "Image.env", "variables.A B"],
  ["a lone surrogate", x.pipe(Image.env({ A: "\ud83d" })), "Image.env", "variables.A"],
  ["a label with a line break", x.pipe(Image.label({ a: "1\n2" })), "Image.label", "labels.a"],
  ["an empty command", x.pipe(Image.run(" \n ")), "Image.run", "command"],
  ["a command with NUL", x.pipe(Image.run("a\0")), "Image.run", "command"],
  ["a command that begins with an option", x.pipe(Image.run("--mount=type=cache a")), "Image.run", "command"],
  ["an empty program", x.pipe(Image.runCommands(["a", []])), "Image.runCommands", "commands.1"],
  ["an empty directory name", x.pipe(Image.workdir("")), "Image.workdir", "path"],
  ["a user with a space", x.pipe(Image.user("a b")), "Image.user", "name"],
  ["a port out of range", x.pipe(Image.expose([80, 70000])), "Image.expose", "ports.1"],
  ["a port that is not an integer", x.pipe(Image.expose([80.5])), "Image.expose", "ports.0"],
  ["a volume with a line break", x.pipe(Image.volume(["/a\n"])), "Image.volume", "paths.0"],
  ["NUL in an entrypoint", x.pipe(Image.entrypoint(["\0"])), "Image.entrypoint", "words.0"],
  ["a stage that is an option", x.pipe(Image.copy("/a", "/b", { from: "-x" })), "Image.copy", "options.from"],
  ["an owner with a space", x.pipe(Image.copy("/a", "/b", { from: "y", chown: "a b" })), "Image.copy", "options.chown"],
  ["a mode in letters", x.pipe(Image.copy("/a", "/b", { from: "y", chmod: "u+x" })), "Image.copy", "options.chmod"],
  ["nothing to copy", x.pipe(Image.copy([], "/b", { from: "y" })), "Image.copy", "source"],
  ["a Dockerfile without FROM", Image.fromDockerfile("RUN a"), "Image.fromDockerfile", "text"],
  ["an empty Dockerfile", Image.fromDockerfile("# nothing\n"), "Image.fromDockerfile", "text"],
  [
    "an empty command among several",
    x.pipe(Image.dockerfileCommands(["RUN a", ""])),
    "Image.dockerfileCommands",
    "commands.1"
  ]
]

describe("an image that cannot be built", () => {
  for (const [what, image, operation, field] of wrong) {
    it(`because of ${what} fails only when it is used, and names the call and the argument`, () => {
      const problem = problemOf(image)
      expect(problem).toMatchObject({ _tag: "InvalidRequest", operation, field, admitted: "no" })
      expect(problem.message).toContain(operation)
    })
  }

  it("reports its first problem", () =>
    expect(problemOf(x.pipe(Image.workdir("/a"), Image.user(""), Image.workdir("")))).toMatchObject({
      operation: "Image.user"
    }))

  it("may come from untyped code", () => {
    const packages: ReadonlyArray<string> = JSON.parse('["a", 1]')
    expect(problemOf(x.pipe(Image.pipInstall(packages)))).toMatchObject({ field: "packages.1" })
    expect(problemOf(x.pipe(Image.env(JSON.parse('{"A":1}'))))).toMatchObject({ field: "variables.A" })
    expect(problemOf(x.pipe(Image.expose(JSON.parse("3"))))).toMatchObject({ field: "ports" })
  })
})

describe("the type of an image", () => {
  it("shows whether it needs local files", () => {
    const file = x.pipe(Image.addLocalFile("a", "/b"))
    expectTypeOf(x.pipe(Image.run("a"), Image.copy("/a", "/b", { from: "y" }))).toEqualTypeOf<Image.Image>()
    expectTypeOf(x.pipe(Image.add("https://e.com/a", "/b"))).toEqualTypeOf<Image.Image>()
    expectTypeOf(Image.fromDockerfile("FROM a")).toEqualTypeOf<Image.Image>()
    expectTypeOf(file).toEqualTypeOf<Image.Image<Image.LocalFiles>>()
    expectTypeOf(x.pipe(Image.copy("a", "/b"))).toEqualTypeOf<Image.Image<Image.LocalFiles>>()
    expectTypeOf(Image.addLocalDir(file, "a", "/b")).toEqualTypeOf<Image.Image<Image.LocalFiles>>()
    expectTypeOf(Image.fromDockerfile("FROM a", { contextDir: "." })).toEqualTypeOf<Image.Image<Image.LocalFiles>>()
    expectTypeOf(Image.dockerfile(x)).toEqualTypeOf<Effect.Effect<string, InvalidRequest>>()
    expectTypeOf(Image.dockerfile(file)).toEqualTypeOf<Effect.Effect<string, InvalidRequest, Image.LocalFiles>>()
  })
})
