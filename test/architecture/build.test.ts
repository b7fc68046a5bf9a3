/** What the build makes of a module, so that a bundler leaves out what a program does not use. */
import { describe, expect, it } from "@effect/vitest"
import { transform } from "esbuild"
import ts from "typescript"
import { markPureCalls } from "../../tools/pureCalls.js"

const marked = (source: string): string =>
  ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    transformers: { after: [markPureCalls] }
  }).outputText

/** What is left of a module of which nothing is used. */
const leftOf = async (source: string): Promise<string> => {
  const { code } = await transform(source, { treeShaking: true, format: "esm", minifyWhitespace: true })
  return code.trim()
}

const unused = {
  "a call": "const a = make()",
  "calls of what a call returns": "const a = make(b()).pipe(c(), [d(), { e: f() }])",
  "a new object": "const a = new Map([[b(), c()]])",
  "a conditional call": "const a = b() ? c() : d()",
  "a call of what an arrow function returns": "const a = ((b: string) => c(b))(d())",
  "a class of a class that is made": "class A extends make<A>()('A', { b: c() }) { static readonly d = e(); f = g() }",
  "a class in a variable": "const A = class extends make() {}",
  "a spread in an object": "const a = { b: c(), ...d }",
  "a spread in what a class is made of":
    "class A extends make<A>()('A', { b: c(), ...d }) { static readonly e = { ...f } }",
  "a spread in a list, and in arguments": "const a = [...b(), c(...d)]"
}

describe("a module of which nothing is used", () => {
  it.each(Object.entries(unused))("leaves nothing of %s", async (_, source) => {
    const plain = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText
    expect(await leftOf(plain)).not.toBe("")
    expect(await leftOf(marked(source))).toBe("")
  })

  it("has the same values where it is used", async () => {
    const source = "const a = { b: 1 }; export const c = { ...a, d: [...[2], Math.max(...[3, 4])] }"
    const module: { readonly c: unknown } = await import(`data:text/javascript,${encodeURIComponent(marked(source))}`)
    expect(module.c).toEqual({ b: 1, d: [2, 4] })
  })

  it("keeps what a statement calls", async () => {
    expect(await leftOf(marked("const a = make(); register(a)"))).toBe("const a=make();register(a);")
    expect(await leftOf(marked("class A { static { register(A) } }"))).toContain("register(")
  })
})

describe("a call in a function", () => {
  it("is not marked, for it runs when the function does", () => {
    const source = "const a = () => { b(); };\nfunction c() { d(); }\nclass E {\n    f = g();\n    h() { i(); }\n}\n"
    expect(marked(source)).toBe(source)
  })
})
