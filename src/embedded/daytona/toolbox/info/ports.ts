/** Which TCP ports are listening. */
import { readdir, readFile, readlink } from "node:fs/promises"
import { connect } from "node:net"
import * as Effect from "effect/Effect"
import type { Machine } from "../Machine.js"

/**
 * The TCP ports that processes of the sandbox listen on. The real daemon lists all ports of its machine, which here
 * would include those of unrelated programs. Works on Linux only and, like the daemon, covers only IPv4.
 */
export const listening = (machine: Machine): Effect.Effect<ReadonlyArray<number>> =>
  Effect.flatMap(machine.processIds, (ids) => Effect.promise(() => portsOf([...ids])))

const portsOf = async (ids: ReadonlyArray<number>): Promise<ReadonlyArray<number>> => {
  const [table, ...sockets] = await Promise.all([
    readFile("/proc/net/tcp", "latin1").catch(() => ""),
    ...ids.map(socketsOf)
  ])
  const owned = new Set(sockets.flat())
  const ports = table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/)
    return state === listenState && owned.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : []
  })
  return [...new Set(ports)]
}

const listenState = "0A"

/** The inodes of a process's sockets. */
const socketsOf = async (id: number): Promise<ReadonlyArray<string>> => {
  const directory = `/proc/${id}/fd`
  const names = await readdir(directory).catch(() => Array.of<string>())
  const targets = await Promise.all(names.map((name) => readlink(`${directory}/${name}`).catch(() => "")))
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
}

/** The timeout for connecting, in milliseconds. */
const patience = 50

/** Whether anything on this computer accepts connections on a port. */
export const answers = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const socket = connect({ host: "localhost", port, timeout: patience })
    const end = (inUse: boolean) => {
      socket.destroy()
      resume(Effect.succeed(inUse))
    }
    socket.once("connect", () => end(true))
    socket.once("error", () => end(false))
    socket.once("timeout", () => end(false))
    return Effect.sync(() => socket.destroy())
  })
