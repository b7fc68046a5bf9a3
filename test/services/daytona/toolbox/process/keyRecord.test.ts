/** The record of a command with a key, in the shells of this machine. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import {
  digestIn,
  killScript,
  labelled,
  parse,
  readScript,
  recorded,
  refusalIn,
  removeScript
} from "../../../../../src/services/daytona/toolbox/process/keyRecord.js"

const id = "00000000-0000-5000-8000-000000000001"
const digest = "00000000-0000-5000-8000-000000000002"
const shells = ["sh", "bash", "dash", "zsh"].filter((shell) => spawnSync(shell, ["-c", "true"]).status === 0)

describe.each(shells)("the record of a key in %s", (shell) => {
  let home = ""
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "key record-"))
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  const run = (script: string) => {
    const { status, stderr, stdout } = spawnSync(shell, [], {
      input: script,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: home }
    })
    return { status, stderr, stdout }
  }
  const command = (text = "echo out; ( exit 3 )") => run(labelled(digest, recorded(id, digest, text)))
  const read = () => parse(run(readScript(id)).stdout)

  it("lets the command run once, and says to all others how it has ended", () => {
    expect(read()).toBeUndefined()
    expect(command()).toEqual({ status: 3, stdout: "out\n", stderr: "" })
    expect(read()).toEqual({ digest, end: 3 })
    expect(refusalIn(command())).toEqual({ digest, end: 3 })
  })

  it("says that a command has not ended that was cut off", () => {
    command("kill -9 $$")
    expect(read()).toEqual({ digest, end: undefined })
    expect(refusalIn(command())).toEqual({ digest, end: undefined })
    expect(parse(run(killScript(id)).stdout)).toEqual({ digest, end: undefined })
    expect(read()).toEqual({ digest, end: "killed" })
    expect(refusalIn(command())).toEqual({ digest, end: "killed" })
  })

  it("keeps how a command has ended when it is killed afterwards", () => {
    command()
    expect(parse(run(killScript(id)).stdout)).toEqual({ digest, end: 3 })
    expect(read()).toEqual({ digest, end: 3 })
  })

  it("is not made by killing what never ran, and leaves nothing when it is removed", () => {
    expect(run(killScript(id))).toEqual({ status: 0, stdout: "", stderr: "" })
    command()
    run(removeScript(id))
    expect(read()).toBeUndefined()
    expect(readdirSync(join(home, ".effect-sandboxes"))).toEqual([])
    expect(command().status).toBe(3)
  })

  it("keeps the command from running when it cannot be made", () => {
    run('echo text > "$HOME"/.effect-sandboxes')
    expect(refusalIn(command())).toBe("notRecorded")
    expect(read()).toBeUndefined()
  })
})

describe("the text of a command with a key", () => {
  it("names its digest, and no other text does", () => {
    expect(digestIn(labelled(digest, "echo"))).toBe(digest)
    expect(digestIn(`echo\n${labelled(digest, "echo")}`)).toBeUndefined()
    expect(refusalIn({ stdout: "out", stderr: "" })).toBeUndefined()
    expect(refusalIn({ stdout: "", stderr: "error" })).toBeUndefined()
  })
})
