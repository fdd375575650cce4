/** The instances of a dispatcher, in order of their numbers. */
import type { Instance } from './scene.ts'

/** Adds an idle instance; returns its number, the smallest that is not in use. */
export function joinFleet(fleet: Instance[], type: number): number {
  let number = 0
  while (number < fleet.length && fleet[number].number === number) number++
  const idle = { busy: false, startMs: 0, expectedFinishMs: 0, bin: 0 }
  fleet.splice(number, 0, { number, type, slowdown: 1, ...idle })
  return number
}

/** The position of an instance, -1 if it is not there. */
export function positionOf(fleet: readonly Instance[], number: number): number {
  return fleet.findIndex((instance) => instance.number === number)
}

/** Makes an idle instance busy with a bin, until it is expected to be idle again. */
export function becomeBusy(instance: Instance, bin: number, startMs: number, expectedFinishMs: number): void {
  Object.assign(instance, { busy: true, startMs, expectedFinishMs, bin })
}

/** The positions of the idle instances. */
export function idlePositions(fleet: readonly Instance[]): Set<number> {
  return new Set(Array.from(fleet.keys()).filter((j) => !fleet[j].busy))
}
