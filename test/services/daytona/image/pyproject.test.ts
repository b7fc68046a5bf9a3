import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Image from "../../../../src/services/daytona/image/Image.js"
import { shellWords } from "../../../support/docker.js"
import { temporary } from "../../../support/temporaryFiles.js"

const x = Image.base("x:1")

const project = (toml: string, options: Image.PyprojectOptions = {}) =>
  Effect.gen(function* () {
    const directory = yield* temporary({ "pyproject.toml": toml })
    return yield* Image.dockerfile(x.pipe(Image.pipInstallFromPyproject(`${directory}/pyproject.toml`, options)))
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("the dependencies of a Python project", () => {
  const toml = `
# "a comment" = [ ]
[build-system]
requires = ["hatchling"]
[project]
name = "x" # y
version = '1.0'
released = 2020-01-01 10:00:00Z
description = """
dependencies = ["no"] \\""" "\\u00e9
"""
dependencies = [
  "requests>=2.0", # why
  'black[jupyter] ; python_version < "3.12"',
  "a\\u0062c",
]
authors = [{ name = "N", email = "e" }, { name = 'M' }]
optional-dependencies.dev = ["pytest"]
optional-dependencies."docs" = ['sphinx']
[[tool.x]]
dependencies = ["no"]
[tool.y]
t = { dependencies = ["no"], n = -1.5e3, b = true }
`
  const main = "'requests>=2.0' 'black[jupyter] ; python_version < \"3.12\"' abc"

  it.effect("are installed, and nothing else", () =>
    Effect.map(project(toml), (text) => expect(text).toBe(`FROM x:1\nRUN python -m pip install ${main}\n`))
  )

  it.effect("include the given groups, in every notation", () =>
    Effect.map(project(toml, { optionalDependencies: ["docs", "dev"], pre: true }), (text) =>
      expect(text).toBe(`FROM x:1\nRUN python -m pip install --pre ${main} sphinx pytest\n`)
    )
  )

  it.effect("may be empty", () =>
    Effect.map(project("[project]\ndependencies = []"), (text) => expect(text).toBe("FROM x:1\n"))
  )

  it.effect("may be in an inline table, and under dotted keys", () =>
    Effect.gen(function* () {
      expect(yield* project('project = { dependencies = ["a"] }')).toContain("install a\n")
      expect(yield* project('project.dependencies = ["a"]')).toContain("install a\n")
    })
  )

  for (const [what, text, options, field, why] of [
    ["no such table", "[tool.x]\nname = 'x'", {}, "path", "no table [project]"],
    ["dynamic dependencies", "[project]\ndynamic = ['dependencies']", {}, "path", "are dynamic"],
    [
      "a list of something else",
      "[project]\ndependencies = [1]",
      {},
      "path",
      "`project.dependencies.0` has the wrong type"
    ],
    ["no such group", toml, { optionalDependencies: ["dev", "test"] }, "options.optionalDependencies.1", "`test`"],
    ["invalid TOML", "[project]\ndependencies = [", {}, "path", "at line 2"],
    ["two entries on one line", "[project]\na = 1 b = 2", {}, "path", "at line 2"],
    ["an option among them", '[project]\ndependencies = ["-e ."]', {}, "path", "must not begin with `-`"]
  ] as const) {
    it.effect(`are refused with ${what}`, () =>
      Effect.map(Effect.flip(project(text, options)), (problem) => {
        expect(problem).toMatchObject({ operation: "Image.pipInstallFromPyproject", field })
        expect(problem.message).toContain(why)
      })
    )
  }
})

/** The packages that pip is told to install. */
const installed = (toml: string, options: Image.PyprojectOptions) =>
  Effect.map(project(toml, options), (text) => shellWords(/ install (.*)\n$/.exec(text)?.[1] ?? ""))

const refusal = (toml: string, options: Image.PyprojectOptions = {}) => Effect.flip(project(toml, options))

describe("an extra of a Python project", () => {
  const toml = `
[project]
name = "My.Pkg"
dependencies = ["httpx"]
[project.optional-dependencies]
test = ["pytest", "coverage[toml] ; python_version < '3.11'"]
docs_build = ["mkdocs", "pytest"]
self = ["my_pkg", "my-pkg[self]", "nothing-else"]
all = ["my__pkg[test,Docs-Build]", "MY-PKG [self]"]
windows = ["My.Pkg[test] ; sys_platform == 'win32'"]
wrong = ["my-pkg[nope]"]
`
  const coverage = "coverage[toml] ; python_version < '3.11'"
  for (const [extras, expected] of [
    [["test"], ["httpx", "pytest", coverage]],
    [["docs-build"], ["httpx", "mkdocs", "pytest"]],
    [
      ["DOCS.build", "docs_build"],
      ["httpx", "mkdocs", "pytest"]
    ],
    [["self"], ["httpx", "nothing-else"]],
    [["all"], ["httpx", "pytest", coverage, "mkdocs", "nothing-else"]],
    [
      ["windows"],
      [
        "httpx",
        "pytest ; sys_platform == 'win32'",
        "coverage[toml] ; (sys_platform == 'win32') and (python_version < '3.11')"
      ]
    ]
  ] as const) {
    it.effect(`stands for its requirements, never for the project itself: ${extras.join(", ")}`, () =>
      Effect.map(installed(toml, { optionalDependencies: extras }), (found) => expect(found).toEqual(expected))
    )
  }

  it.effect("can be all that a project has", () =>
    Effect.gen(function* () {
      const text = "[project]\nname = 'x'\n[project.optional-dependencies]\ntest = ['pytest']"
      expect(yield* installed(text, { optionalDependencies: ["test"] })).toEqual(["pytest"])
      expect(yield* project(text)).toBe("FROM x:1\n")
    })
  )

  it.effect("is refused if the project names one that it does not have, or one twice", () =>
    Effect.gen(function* () {
      const unknown = yield* refusal(toml, { optionalDependencies: ["wrong"] })
      expect(unknown).toMatchObject({ field: "path" })
      expect(unknown.message).toContain("the extra `nope`, but does not define it")
      const twice = yield* refusal("[project.optional-dependencies]\na_b = []\nA-B = []")
      expect(twice.message).toContain("`a_b` and `A-B` in `optional-dependencies` are the same name")
    })
  )

  it.effect("is refused if resolving it would not end", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, index) => `e${index}`)
      const lines = names.map(
        (name) => `${name} = [${names.map((other) => `"p[${other}] ; extra == '${name}${other}'"`).join(", ")}]`
      )
      const endless = `[project]\nname = "p"\n[project.optional-dependencies]\n${lines.join("\n")}`
      const problem = yield* refusal(endless, { optionalDependencies: ["e0"] })
      expect(problem.message).toContain("refer to each other")
    })
  )
})

describe("a dependency group", () => {
  const toml = `
[project]
name = "x"
dependencies = ["httpx"]
optional-dependencies.docs = ["mkdocs"]
[dependency-groups]
Test = ["pytest", "x[docs]"]
typing = ["mypy", { include-group = "test" }]
dev = [{ include-group = "typing" }, "ruff", { include-group = "dev" }]
wrong = [{ include-group = "nope" }]
`
  it.effect("is installed with the groups that it includes, each once", () =>
    Effect.gen(function* () {
      expect(yield* installed(toml, { dependencyGroups: ["test"] })).toEqual(["httpx", "pytest", "mkdocs"])
      expect(yield* installed(toml, { dependencyGroups: ["DEV", "typing"] })).toEqual([
        "httpx",
        "mypy",
        "pytest",
        "mkdocs",
        "ruff"
      ])
      expect(yield* installed(toml, {})).toEqual(["httpx"])
    })
  )

  it.effect("needs no [project]", () =>
    Effect.map(installed("[dependency-groups]\ndev = ['ruff']", { dependencyGroups: ["dev"] }), (found) =>
      expect(found).toEqual(["ruff"])
    )
  )

  it.effect("is refused if it does not exist, or includes one that does not", () =>
    Effect.gen(function* () {
      const unknown = yield* refusal(toml, { dependencyGroups: ["dev", "docs"] })
      expect(unknown).toMatchObject({ field: "options.dependencyGroups.1" })
      expect(unknown.message).toContain("`docs`, which is not a dependency group in")
      const included = yield* refusal(toml, { dependencyGroups: ["wrong"] })
      expect(included).toMatchObject({ field: "path" })
      expect(included.message).toContain("the dependency group `nope`")
    })
  )

  it.effect("may include a very long chain of others", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 9000 }, (_, index) => `g${index} = [{ include-group = "g${index + 1}" }]`)
      const text = `[dependency-groups]\n${lines.join("\n")}\ng9000 = ["end"]`
      expect(yield* installed(text, { dependencyGroups: ["g0"] })).toEqual(["end"])
    })
  )
})

describe("a dependency of a Python project", () => {
  const paths = ["./local", "../local", "pkg @ file:///work/pkg", "pkg @ file://$" + "{PROJECT_ROOT}/pkg", "pkg.whl"]
  for (const dependency of paths) {
    it.effect(`that is a path is refused: ${dependency}`, () =>
      Effect.map(refusal(`[project]\ndependencies = ["numpy", '${dependency}']`), (problem) => {
        expect(problem).toMatchObject({ _tag: "InvalidRequest", field: "path", admitted: "no" })
        expect(problem.message).toContain(`\`${dependency}\` is a path on this machine`)
      })
    )
  }

  it.effect("that is a URL is installed, with its marker", () => {
    const dependency = "a @ https://e.com/a.whl#x;y ; extra == 'z'"
    return Effect.map(installed(`[project]\ndependencies = ["${dependency}"]`, {}), (found) =>
      expect(found).toEqual([dependency])
    )
  })

  it.effect("is read from a file in UTF-16, and refused in one that is nested too deeply", () =>
    Effect.gen(function* () {
      const bytes = new Uint8Array(Buffer.from("\ufeff[project]\ndependencies = ['a']", "utf16le"))
      const directory = yield* temporary({ "pyproject.toml": bytes })
      const text = yield* Image.dockerfile(x.pipe(Image.pipInstallFromPyproject(`${directory}/pyproject.toml`)))
      expect(text).toContain("install a\n")
      const deep = yield* refusal(`[project]\ndependencies = ${"[".repeat(100_000)}`)
      expect(deep.message).toContain("not valid TOML")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
  )
})
