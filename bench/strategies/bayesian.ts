/**
 * The search of Ribbon (Li and others, RIBBON: cost-effective and QoS-aware deep learning model inference using
 * a diverse pool of cloud computing instances, SC'21) for another objective.
 *
 * Taken from the paper's published code: Bayesian optimisation after two random starts; a Gaussian process with
 * the Matérn 5/2 covariance, one length scale for all types, in instances, chosen by the likelihood before every
 * step, over standardised values with noise 1e-6; expected improvement; and active pruning, masked out of the
 * acquisition: when a configuration turns out not to be good enough, those with as many instances or fewer of
 * every type will not be either.
 *
 * Differences, because the problem differs:
 * - Ribbon searches for the cheapest configuration that meets a latency target at a given load: its objective is the
 *   share of queries in time until the target is met, and the saved cost from there on. Here the objective is the
 *   throughput.
 * - It prunes the subsets of a configuration that misses the target, and everything that costs more than one that
 *   meets it. Here every evaluated configuration prunes its subsets, because it is not better than the best, and cost
 *   prunes nothing. Measured throughput is only nearly monotone, so pruned candidates come last instead of never.
 *
 * Differences, because the candidates are a list:
 * - Ribbon searches a box of reals and rounds inside the covariance, so that it is constant around each
 *   configuration. Candidates are whole already: their distances are the rounded ones.
 * - The acquisition is maximised over every candidate, not over samples and by descent, and the likelihood over
 *   a grid, not by descent from length scale 1: both find what descent may miss.
 * - Ribbon asks for 0.1 more than the best, of an objective between 0 and 1. There is no such scale here, and
 *   the improvement is over the best itself; a tenth more of the best was tried and made no difference.
 */
import type { Counts } from '../../src/model/fleet/space.ts'
import { logExpectedImprovement } from './expected-improvement.ts'
import { gaussianProcess } from './gaussian-process.ts'
import { randomOrder } from './random.ts'
import type { Strategy } from './strategy.ts'

const STARTS = 2

/** 0.5 to 64 instances, in steps of √2: from uncorrelated neighbours to a nearly linear function. */
const LENGTH_SCALES = Array.from({ length: 15 }, (_, k) => 2 ** (k / 2 - 1))

/**
 * Of equal choices the first in random order is taken. Evaluating some hundred candidates takes about a second, the
 * first fifty some ten milliseconds.
 */
export const bayesian: Strategy = {
  name: 'bayesian',
  *order(candidates, seed) {
    const processes = LENGTH_SCALES.map((lengthScale) => gaussianProcess(candidates, lengthScale))
    const rest = new Set(randomOrder(candidates, seed))
    const pruned = new Set<number>()
    let best = -Infinity
    while (rest.size > 0) {
      const open = [...rest].filter((position) => !pruned.has(position))
      const choices = open.length > 0 ? open : [...rest]
      let [next] = choices
      if (candidates.length - rest.size >= STARTS) {
        const likeliest = argmax(processes, (process) => process.logLikelihood())
        next = argmax(choices, (position) => {
          const { mean, deviation } = likeliest.posterior(position)
          return logExpectedImprovement(mean, deviation, best)
        })
      }
      const value = yield next
      rest.delete(next)
      pruned.delete(next)
      best = Math.max(best, value)
      for (const process of processes) process.observe(next, value)
      for (const position of rest) {
        if (isWithin(candidates[position], candidates[next])) pruned.add(position)
      }
    }
  },
}

/** The first of the items for which `measure` is largest. */
function argmax<T>(items: readonly T[], measure: (item: T) => number): T {
  const measures = items.map(measure)
  return items[measures.reduce((most, m, i) => (m > measures[most] ? i : most), 0)]
}

function isWithin(counts: Counts, larger: Counts): boolean {
  return counts.every((count, t) => count <= larger[t])
}
