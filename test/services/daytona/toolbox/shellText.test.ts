import { execFileSync, spawnSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import {
  type Command,
  type CommandOptions,
  duplicateNotice,
  type Input,
  isolated,
  once,
  shellQuote,
  textOf,
  variablesOf
} from "../../../../src/services/daytona/toolbox/shellText.js"

/** Any argument of a program: text without NUL. */
const word = FastCheck.oneof(
  FastCheck.string({ unit: "grapheme" }),
  FastCheck.string({ unit: FastCheck.constantFrom("'", '"', "\\", "$", "`", "\n", " ", "*", "!", "#", "~", "-") })
).map((text) => text.replaceAll("\0", "").replaceAll(/[\uD800-\uDFFF]/g, ""))

const text = (command: Command, options?: CommandOptions & { readonly stdin?: Input }) =>
  Either.getOrThrow(isolated("Process.execute", command, options))

const run = (shell: string, script: string) => {
  const { status, stderr, stdout } = spawnSync(shell, [], { input: script, encoding: "utf8" })
  return { status, stderr, stdout }
}

describe("shell text", () => {
  it("passes every word to a program unchanged", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(word, { maxLength: 6 }), (words) => {
        const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellQuote).join(" ")} end`], {
          encoding: "utf8"
        })
        expect(printed.split("\0").slice(0, -2)).toEqual(words)
      }),
      { numRuns: 150 }
    )
  })

  it("passes words, variables, directories and input to an isolated command", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(word, { maxLength: 3 }), word, word, (words, value, stdin) => {
        const script = 'printf "%s\\0" "$VALUE" "$@"; cat'
        const command = text(["sh", "-c", script, "sh", ...words], { env: { VALUE: value }, cwd: "/", stdin })
        const { stdout } = run("sh", command)
        expect(stdout.split("\0")).toEqual([value, ...words, stdin])
      }),
      { numRuns: 60 }
    )
  })

  it("isolates the shell from whatever a command does", () => {
    const commands = [
      "exit 3",
      "set -e; false",
      "exec sh -c 'exit 3'",
      "echo 'no end",
      ") ; exit 3; (",
      "# nothing",
      "} ; exit 3; {"
    ]
    for (const shell of ["sh", "bash"]) {
      for (const command of commands) expect(run(shell, `${text(command)}\nprintf alive`).stdout).toBe("alive")
    }
  })

  it("keeps the exit code and the here-documents of the command", () => {
    expect(run("sh", text("cat <<END\nit's $((1 + 1))\nEND\nexit 7"))).toEqual({
      status: 7,
      stdout: "it's 2\n",
      stderr: ""
    })
    expect(run("sh", `cd /tmp; ${text("pwd", { cwd: "/nowhere/at/all" })}`)).toMatchObject({ status: 125, stdout: "" })
    expect(run("sh", `cd /; CDPATH=/usr; ${text("pwd", { cwd: "tmp" })}`).stdout).toBe("/tmp\n")
  })

  it("gives an isolated command the variables of the sandbox, and not those that the daemon sets around it", () => {
    const script = `dir=/daemon; log=/daemon/log; r1=1; ip=x; own=kept\n${text(
      `printf '[%s]' "\${dir-unset}" "\${log-unset}" "\${r1-unset}" "\${ip-unset}" "$own"; sh -c 'printf "(%s)" "$dir"'`
    )}\nprintf ' %s' "$dir"`
    const value = "/it's\nlog=b\\c $(x) `x` \"=\u00e9"
    for (const shell of ["sh", "bash"]) {
      const { stdout } = spawnSync(shell, [], {
        input: script,
        env: { ...process.env, dir: value, ip: "" },
        encoding: "utf8"
      })
      expect(stdout).toBe(`[${value}][unset][unset][][kept](${value}) /daemon`)
      const without = spawnSync(shell, [], { input: script, encoding: "utf8" })
      expect(without).toMatchObject({ stdout: "[unset][unset][unset][unset][kept]() /daemon", stderr: "" })
    }
  })

  it("passes bytes unchanged", () => {
    const stdin = Uint8Array.from({ length: 256 }, (_, index) => index)
    const script = text("base64", { stdin })
    expect(Buffer.from(run("sh", script).stdout, "base64")).toEqual(Buffer.from(stdin))
    expect(run("sh", `echo unread | { ${text("cat", { stdin: "" })}; }`).stdout).toBe("")
  })

  it("runs once a command that is sent twice to the same shell", () => {
    const script = once(text("echo run; exit 4"))
    const { stderr, stdout } = run("sh", `${script}\necho "$?"\n${script}\n`)
    expect({ stderr, stdout }).toEqual({ stdout: "run\n4\n", stderr: duplicateNotice })
  })

  it("refuses invalid commands, and names the field", () => {
    const field = <A>(refused: Either.Either<A, { readonly field: string }>) =>
      Either.isLeft(refused) ? refused.left.field : undefined
    expect(field(textOf("x", "  \n"))).toBe("command")
    expect(field(textOf("x", "a\0b"))).toBe("command")
    expect(field(textOf("x", []))).toBe("command[0]")
    expect(field(textOf("x", ["a", "b\0"]))).toBe("command[1]")
    expect(field(variablesOf("x", { "1A": "" }))).toBe("env.1A")
    expect(field(variablesOf("x", { A: "\0" }))).toBe("env.A")
    expect(field(isolated("x", "a", { cwd: "" }))).toBe("cwd")
    expect(field(isolated("x", "a", { cwd: "a\0" }))).toBe("cwd")
    // No shell would expand them, so that they would be directories of this name.
    for (const cwd of ["~", "~/app"]) expect(field(isolated("x", "a", { cwd }))).toBe("cwd")
    for (const cwd of ["./~", "a/~", "~app"]) expect(field(isolated("x", "a", { cwd }))).toBe(undefined)
    expect(String(Either.flip(variablesOf("x", { "A B": Redacted.make("s3cret") })))).not.toContain("s3cret")
  })
})
