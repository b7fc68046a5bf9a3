/**
 * The tasks that the server performs in the background, which durations and outcomes refer to. `update` stands for
 * changes that take no time but can conflict: labels, intervals, visibility, network settings and secrets. `network` is
 * the job that brings network settings to the runner.
 */
export type BackgroundTask =
  | "create"
  | "pull"
  | "build"
  | "start"
  | "stop"
  | "pause"
  | "resume"
  | "archive"
  | "restore"
  | "resize"
  | "snapshot"
  | "fork"
  | "destroy"
  | "recover"
  | "update"
  | "network"
  | "pullSnapshot"
  | "buildSnapshot"
  | "removeSnapshot"
  | "createVolume"
  | "deleteVolume"

/** The default duration of each, in milliseconds. */
export const defaultDurations: Readonly<Record<BackgroundTask | "pickUp" | "volumeTick", number>> = {
  pickUp: 50,
  create: 700,
  pull: 0,
  build: 3_000,
  start: 400,
  stop: 300,
  pause: 300,
  resume: 300,
  archive: 2_000,
  restore: 2_000,
  resize: 400,
  snapshot: 1_500,
  fork: 700,
  destroy: 200,
  recover: 400,
  update: 0,
  network: 100,
  pullSnapshot: 2_000,
  buildSnapshot: 3_000,
  removeSnapshot: 1_000,
  createVolume: 0,
  deleteVolume: 0,
  volumeTick: 5_000
}
