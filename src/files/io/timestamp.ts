const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(?:(Z|z|UTC)|([-+])(\d\d)(?::?(\d\d))?)?$/

/**
 * A date and time in ISO 8601, such as `2023-11-16 18:17:03.9799600` or `2024-05-10T00:00:00.009930+02:00`. A double
 * cannot hold the nanoseconds since 1970. A time without a zone is UTC.
 */
export interface Timestamp {
  /** Whole seconds since 1970 in UTC. */
  readonly seconds: number
  readonly nanoseconds: number
}

/**
 * @param text may be in brackets, as in the logs of Envoy
 * @returns undefined for every other text, also for the 30th of February
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = TIMESTAMP.exec(/^\[.*\]$/.test(text) ? text.slice(1, -1) : text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(match[i] ?? 0))
  const utc = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(utc)
  // Date.UTC carries a month, day or hour that is too large into the year or the day, and takes the years 0 to 99 for
  // 1900 to 1999
  const isOther = date.getUTCFullYear() !== year || date.getUTCDate() !== day
  if (isOther || minute > 59 || second > 59) return undefined
  const [zoneHours, zoneMinutes] = [10, 11].map((i) => Number(match[i] ?? 0))
  if (zoneHours > 23 || zoneMinutes > 59) return undefined
  const zone = match[9] === undefined ? 0 : Number(`${match[9]}1`) * (zoneHours * 60 + zoneMinutes)
  return {
    seconds: utc / 1000 - zone * 60,
    nanoseconds: Number((match[7] ?? '').padEnd(9, '0')),
  }
}

/** Whether a text that is a timestamp names its zone. */
export function hasZone(text: string): boolean {
  return /(?:Z|UTC|[-+]\d\d(?::?\d\d)?)\]?$/i.test(text)
}

/** Milliseconds from one time to another, with one rounding if they are less than 104 days (2^53 ns) apart. */
export function millisecondsBetween(from: Timestamp, to: Timestamp): number {
  return ((to.seconds - from.seconds) * 1e9 + (to.nanoseconds - from.nanoseconds)) / 1e6
}

/** The time so many milliseconds after another, to whole milliseconds: 2026-11-18T09:30:00Z. */
export function textOfTime({ seconds, nanoseconds }: Timestamp, laterMs = 0): string {
  const ms = Math.round(seconds * 1000 + nanoseconds / 1e6 + laterMs)
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
