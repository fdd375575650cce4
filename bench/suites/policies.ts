/**
 * Policies against the published one: allowable throughput with sampled service, on the configurations with the largest
 * bounds and, for the default policy, on all 331 within the published budget. PARTS=best,all,wrong,bursts,surge in the
 * environment selects parts.
 */
import { mean, medianSorted } from 'simple-statistics'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { policyOf } from '../../src/dispatch/policies.ts'
import { POLICIES, type Policy, readSpace, readWorkload, replay, type Workload } from '../../src/index.ts'
import { allowableThroughput, type ThroughputRequest } from '../../src/replay/allowable-throughput.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'
import { selection } from '../selection.ts'
import { PUBLISHED_TYPES } from '../spaces.ts'
import { MODELS } from '../workloads.ts'
import { gainsOver, percent, signed } from './policies/gains.ts'
import { surgeOf } from './policies/surge.ts'

const SCREENING = { queries: 10_000, repeats: 2, threads: 1 }
const FINAL = { queries: 20_000, repeats: 5, threads: 1 }
const GLANCE = { queries: 5000, repeats: 1, threads: 1 }

interface Case {
  readonly workload: Workload
  readonly counts: readonly number[]
  readonly bound: number
}

type Size = Pick<ThroughputRequest, 'queries' | 'repeats' | 'threads' | 'arrivals' | 'cv'>
type Print = (text: string) => void

const ours = policyOf('priced')
const published = policyOf('kairos')

export async function run(print: Print): Promise<SuiteResult> {
  const parts = selection('PARTS', ['best', 'all', 'wrong', 'bursts', 'surge'])
  const all = await casesOf()
  const best = all.flatMap((cases) => cases.slice(0, 6))
  const firsts = all.flatMap((cases) => cases.slice(0, 2))
  const figures: Figure[] = []
  if (parts.includes('best')) figures.push(...(await onTheBest(best, print)))
  if (parts.includes('all')) figures.push(...(await onAll(all, print)))
  if (parts.includes('wrong')) {
    for (const what of ['means', 'table'] as const) {
      for (const factor of [0.8, 1.2]) {
        const title = `the ${what === 'means' ? 'means are' : 'whole table is'} ${factor} times the truth`
        figures.push(await against(title, firsts, SCREENING, print, { what, factor }))
      }
    }
  }
  if (parts.includes('bursts')) {
    const bursts: Size = { ...SCREENING, arrivals: 'gamma', cv: 2 }
    figures.push(await against('gamma arrivals of cv 2', firsts, bursts, print))
  }
  if (parts.includes('surge')) {
    const firstOfEach = all.map((cases) => cases[0])
    figures.push(await underSurge(firstOfEach, print))
  }
  return { suite: 'policies', timings: [], figures }
}

/** All configurations of the published space by model, best bound first. */
async function casesOf(): Promise<Case[][]> {
  const space = await readSpace('hpdc23')
  return Promise.all(
    MODELS.map(async (model) => {
      const workload = await readWorkload(model)
      const { rows } = await rankConfigurations({ workload, space, topN: Infinity, threads: 1 })
      return rows.map(({ counts, bound }) => ({ workload, counts, bound }))
    }),
  )
}

/** An error of the latency table of the dispatcher: in its means, or in its quantiles as well. */
interface Mistake {
  readonly what: 'means' | 'table'
  readonly factor: number
}

async function allowed(given: Case, policy: Policy, size: Size, mistake?: Mistake): Promise<number> {
  const { workload, counts } = given
  const told = mistake ? mistaken(workload, mistake.factor) : workload
  const question = { workload: told, types: PUBLISHED_TYPES, counts, ...size }
  const obeyed = mistake?.what === 'table' ? misled(policy, mistake.factor) : policy
  return (await allowableThroughput({ ...question, policy: obeyed })).mean
}

/** A workload whose means are wrong; service times are drawn from the right quantiles. */
function mistaken(workload: Workload, factor: number): Workload {
  const { latency } = workload
  return { ...workload, latency: { ...latency, meanMs: latency.meanMs.map((ms) => factor * ms) } }
}

/** A policy whose quantiles are wrong too. */
function misled(policy: Policy, factor: number): Policy {
  const wrong = (knotsMs: Float64Array) => knotsMs.map((ms) => factor * ms)
  return { ...policy, prepare: (context) => policy.prepare({ ...context, knotsMs: wrong(context.knotsMs) }) }
}

/**
 * Every policy against the published one on some configurations. Gains are relative, where the published one allows
 * anything; the figure is how much more of the bound the default policy reaches, at worst.
 */
async function against(
  title: string,
  cases: readonly Case[],
  size: Size,
  print: Print,
  mistake?: Mistake,
): Promise<Figure> {
  const measured = new Map<Policy, number[]>()
  for (const policy of POLICIES) {
    const rates: number[] = []
    for (const given of cases) rates.push(await allowed(given, policy, size, mistake))
    measured.set(policy, rates)
  }
  const base = measured.get(published) ?? []
  const shareOf = (rates: readonly number[]) => mean(rates.map((rate, i) => rate / cases[i].bound))
  const lines = [...measured].map(([policy, rates]) => {
    const gains = policy === published ? ['', '', ''] : gainsOver(base, rates)
    return [policy.name, shareOf(rates).toFixed(3), ...gains]
  })
  const header = ['', 'of the bound', 'over kairos', 'worst', 'best']
  print(`allowable throughput, ${title}\n${grid([header, ...lines])}`)
  const beyond = (measured.get(ours) ?? []).map((rate, i) => (rate - base[i]) / cases[i].bound)
  const what = `priced beyond kairos at worst, ${title}`
  return { what, value: 100 * Math.min(...beyond), unit: 'points of the bound', goal: { atLeast: 0 } }
}

async function onTheBest(best: readonly Case[], print: Print): Promise<Figure[]> {
  await against('6 best configurations by bound', best, SCREENING, print)
  const gains: number[] = []
  const lines: string[][] = []
  for (const given of best) {
    const rate = await allowed(given, ours, FINAL)
    const base = await allowed(given, published, FINAL)
    const gain = percent(rate, base)
    gains.push(gain)
    const name = `${given.workload.model} ${given.counts}`
    lines.push([name, rate.toFixed(1), base.toFixed(1), signed(gain), (rate / given.bound).toFixed(3)])
  }
  const header = ['', 'priced', 'kairos', 'gain', 'of the bound']
  print(`priced and kairos, 20,000 queries x 5\n${grid([header, ...lines])}`)
  const what = 'priced over kairos, 6 best by bound'
  return [
    { what: `${what}, mean`, value: mean(gains), unit: '%', goal: { atLeast: 6 } },
    { what: `${what}, worst`, value: Math.min(...gains), unit: '%', goal: { atLeast: -0.5 } },
  ]
}

interface Measured {
  readonly given: Case
  readonly rate: number
  readonly gain: number
}

/** Short replays of all; then the ten worst of each model, and the candidates for its five best, in full. */
async function onAll(all: readonly (readonly Case[])[], print: Print): Promise<Figure[]> {
  const measure = async (cases: readonly Case[], size: Size) => {
    const measured: Measured[] = []
    for (const given of cases) {
      const rate = await allowed(given, ours, size)
      measured.push({ given, rate, gain: percent(rate, await allowed(given, published, size)) })
    }
    return measured
  }
  const byGain = (a: Measured, b: Measured) => a.gain - b.gain
  const byRate = (a: Measured, b: Measured) => b.rate - a.rate
  const casesIn = (measured: readonly Measured[]) => measured.map(({ given }) => given)
  const worst: number[] = []
  const shares: number[] = []
  const lines: string[][] = []
  for (const cases of all) {
    // without any allowable throughput there is nothing to compare
    const glances = (await measure(cases, GLANCE)).filter(({ gain }) => !Number.isNaN(gain)).sort(byGain)
    const median = medianSorted(glances.map(({ gain }) => gain))
    const [last] = (await measure(casesIn(glances.slice(0, 10)), FINAL)).sort(byGain)
    const candidates = casesIn([...glances].sort(byRate).slice(0, 8))
    const five = (await measure(candidates, FINAL)).sort(byRate).slice(0, 5)
    const share = five.map(({ given, rate }) => rate / given.bound)
    worst.push(last.gain)
    shares.push(...share)
    lines.push([
      ...[cases[0].workload.model, `${glances.length}`, signed(median)],
      ...[`${signed(last.gain)} (${last.given.counts})`, `${five[0].given.counts}`],
      ...[five[0].rate.toFixed(1), mean(share).toFixed(3)],
    ])
  }
  const header = ['', 'configurations', 'median', 'worst', 'best', 'queries/s', '5 best: of the bound']
  print(`priced over kairos on all configurations\n${grid([header, ...lines])}`)
  const lowest = Math.min(...worst)
  return [
    {
      what: 'priced over kairos, all configurations, worst',
      value: lowest,
      unit: '%',
      goal: { atLeast: -2 },
    },
    { what: 'priced, 5 best, of the fluid bound', value: mean(shares), unit: '', goal: { atLeast: 0.89 } },
  ]
}

/** The rate doubles for a minute, to 1.5 times what kairos allows: the share of all queries that miss QoS. */
async function underSurge(cases: readonly Case[], print: Print): Promise<Figure> {
  const shares = new Map<Policy, number[]>(POLICIES.map((policy) => [policy, []]))
  for (const given of cases) {
    const { workload, counts } = given
    const trace = surgeOf(workload, 0.75 * (await allowed(given, published, SCREENING)))
    for (const [policy, missed] of shares) {
      const { violations } = replay({
        workload,
        types: PUBLISHED_TYPES,
        counts,
        policy,
        trace,
        service: 'sampled',
      })
      missed.push((100 * violations) / trace.arrivalMs.length)
    }
  }
  const lines = [...shares].map(([{ name }, missed]) => [name, ...missed.map((m) => `${m.toFixed(1)}%`)])
  print(`misses when the rate doubles for one of three minutes\n${grid([['', ...MODELS], ...lines])}`)
  const base = shares.get(published) ?? []
  const value = Math.max(...(shares.get(ours) ?? []).map((missed, i) => missed - base[i]))
  return {
    what: 'surge: misses of priced beyond those of kairos',
    value,
    unit: 'points',
    goal: { atMost: 0 },
  }
}
