import { describe, expect, test } from 'vitest'
import type { VerifiedSearch } from '../../../src/model/results/search.ts'
import { searchText } from '../../../src/report/allocation/search.ts'
import { leftToProve } from '../../../src/report/allocation/search-remarks.ts'
import { searchPage } from '../../../src/report/page/search-page.ts'
import { renderSvg } from '../../../src/report/plots/plot.ts'
import { searchPlot } from '../../../src/report/plots/search-plot.ts'

const measured: VerifiedSearch['rows'][number] = {
  rank: 1,
  ...{ counts: [1, 2], costPerHour: 3, bound: 80, outcome: 'measured', mean: 72, halfWidth: 4 },
  ...{ rates: [70, 74], shareOfBound: 0.9, atBound: false, tied: false },
}

const search: VerifiedSearch = {
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: {
    types: ['gpu', 'cpu'].map((name) => ({ name, min: 0, max: 9, pricePerHour: 1, base: false })),
    budgetPerHour: 5,
  },
  ...{ policy: 'priced', service: 'sampled', arrivals: 'poisson', queries: 500, repeats: 2, seed: 1 },
  considered: 100,
  rows: [measured],
  evaluations: [{ counts: [0, 2], costPerHour: 2, bound: 90, outcome: 'refuted', below: 60 }, measured],
  proof: {
    ...{ proven: true, endedEarly: false, gap: 0, measured: 1, refuted: 1 },
    ...{ nextBound: null, replays: 9 },
  },
}

const figureOf = (result: VerifiedSearch) => searchPage(result).sections[0].figures![0]

test('without a target the bounds fall to the best measured rate', () => {
  const { title, caption, alt } = figureOf(search)
  expect(title).toBe('After 2 evaluations no remaining bound exceeds 72.0 queries a second')
  expect(caption).toContain('Dashed line: the best measured rate.')
  expect(alt).toMatch(/^The bounds fall /)
})

test('with a target the page says so, and what may be lost', () => {
  const target = { ...search, targetQps: 65, spare: 2 }
  const { title, caption, alt } = figureOf(target)
  expect(title).toBe(
    'After 2 evaluations no cheaper configuration is left that could sustain 65 queries a second after the loss of any 2 instances',
  )
  expect(caption).toContain('Dashed line: the target.')
  expect(alt).toContain('bounds are from 80.0 to 90.0 queries a second. The target is 65 queries a second')
  const page = searchPage(target)
  expect(page.title).toContain('sustains 72.0 queries a second after the loss of any 2 instances for $3 ')
  expect(page.sections[0].paragraphs![0]).toContain('The target: 65 queries a second after the loss')
})

test('a search of one repetition is drawn without a warning', async () => {
  const single = { ...measured, halfWidth: Infinity }
  const spec = searchPlot({ ...search, rows: [single], evaluations: [single] })
  expect(JSON.stringify(spec)).not.toContain('"values":[]')
  expect(await renderSvg(spec)).toContain('<svg')
})

/** A measured row without a rank, one refuted and the answer, in the order of their evaluation. */
const three: VerifiedSearch = {
  ...search,
  evaluations: [
    search.evaluations[0],
    {
      ...measured,
      ...{ counts: [2, 0], costPerHour: 2, bound: 75, mean: 36, halfWidth: Infinity },
      tied: true,
    },
    measured,
  ],
  proof: { ...search.proof, measured: 2, nextBound: 70, prunedByBound: 12 },
}

test('a terminal and a page have the answer first, then what was measured, then what was refuted', () => {
  const lines = searchText(three, 'table', false).split('\n')
  expect(lines.slice(3)).toEqual([
    '#  gpu  cpu  $/hour  bound q/s  measured q/s     ±  of the bound',
    '1    1    2  3.0000       80.0          72.0  4.00         90.0%  ████████████████',
    '     2    ·  2.0000       75.0          36.0               90.0%  ████████          too few repetitions to tell from the first',
    '     ·    2  2.0000       90.0        < 60.0                                        refuted',
    '',
    'The first row is the best under this replay: no remaining bound is higher.',
    '100 configurations: 2 measured, 1 refuted by short replays, 12 with a bound of at most 70.0 q/s; 9 replays.',
    'Shares are of the bound of the sizes and service times that the replays drew.',
    '',
  ])
  const [{ title, tables, figures }] = searchPage(three).sections
  expect(title).toBe('Proven by replay')
  expect(tables![0].rows).toEqual([
    ['1', '1', '2', '3.0000', '80.0', '72.0', '4.00', '90.0%', 'measured'],
    ['', '2', '·', '2.0000', '75.0', '36.0', '', '90.0%', 'too few repetitions to tell from the first'],
    ['', '·', '2', '2.0000', '90.0', '< 60.0', '', '', 'refuted'],
  ])
  expect(tables![0].note).toMatch(/drew\.$/)
  expect(figures![0].data.rows).toEqual([
    [1, 'cpu=2', 'refuted', 90, null, null, 60],
    [2, 'gpu=2', 'measured', 75, 36, null, null],
    [3, 'gpu=1,cpu=2', 'measured', 80, 72, 4, null],
  ])
})

test('where an instance is spare, a row has the bound that its loss leaves, and is said to be without it', () => {
  const left = { boundLeft: 78, lost: [0, 1] }
  const evaluations = three.evaluations.map((row) => (row.outcome === 'measured' ? { ...row, ...left } : row))
  const spared = { ...three, targetQps: 65, spare: 1, evaluations }
  const [head, ...rows] = searchText(spared, 'table', false).split('\n').slice(3, 7)
  expect(head).toMatch(/bound q\/s {2}bound left q\/s {2}measured q\/s {5}± {2}of the bound left$/)
  expect(rows[0]).toMatch(/^1 +1 +2 +3\.0000 +80\.0 +78\.0 +72\.0 +4\.00 +90\.0% {2}█{16} {2}without cpu=1$/)
  expect(rows[2]).toMatch(/^ +· +2 +2\.0000 +90\.0 +< 60\.0 +refuted$/)
  expect(searchText(spared, 'table', false)).toContain(
    'to sustain 65 q/s after the loss of any instance. Rates and shares are those of what is left.\n',
  )
  const [{ paragraphs, tables }] = searchPage(spared).sections
  expect(paragraphs![0]).toMatch(/at the lowest cost\. Rates and shares are those of what is left\.$/)
  expect(tables![0].columns.map(({ name }) => name).slice(5)).toEqual([
    ...['bound left q/s', 'measured q/s', '±', 'of the bound left', 'outcome'],
  ])
})

test('a search that ended early, or could not tell bounds apart, does not claim that nothing better remains', () => {
  const unproven = (proof: Partial<VerifiedSearch['proof']>, targetQps?: number) => {
    const asked = { ...three, ...(targetQps && { targetQps }) }
    const result = { ...asked, proof: { ...three.proof, proven: false, ...proof } }
    const [{ title, figures }] = searchPage(result).sections
    return [title, figures![0].title, searchText(result, 'table', false)]
  }
  const early = { endedEarly: true, gap: 0.1, nextBound: 79.2 }
  expect(unproven(early).slice(0, 2)).toEqual([
    'The best so far',
    '3 evaluations so far; a better configuration may remain',
  ])
  const [, cheaper, text] = unproven(early, 65)
  expect(cheaper).toBe('3 evaluations so far; a cheaper configuration may remain')
  expect(text).toContain('is the cheapest to sustain 65 q/s so far: the search ended early.\n')
  const [title, , tied] = unproven({ gap: 0.0412, resolution: 0.005 })
  expect(title).toBe('The best of all candidates')
  expect(tied).toContain('the best of all candidates: the largest remaining bound is 4.12% higher.\n')
  expect(tied).toContain(
    '\nBounds that differ by less than 0.5%, the resolution of a replay, are taken as one.\n',
  )
})

test('the table of a page has forty evaluations, and says how many more there are', () => {
  const evaluations = [measured, ...Array.from({ length: 44 }, () => search.evaluations[0])]
  const [{ rows, note }] = searchPage({ ...search, evaluations }).sections[0].tables!
  expect(rows).toHaveLength(40)
  expect(note).toMatch(/drew\. 5 more evaluations are in the data of the figures\.$/)
})

test('many refuted configurations are counted with separators, in text and page', () => {
  const many = { ...search, proof: { ...search.proof, refuted: 1022 } }
  expect(searchText(many, 'table', false)).toContain('1 measured, 1,022 refuted by short replays')
  expect(JSON.stringify(searchPage(many))).toContain('1 measured in full, 1,022 refuted by short replays')
})

describe('a search that ended early although no remaining bound exceeds its row', () => {
  const early = { ...search.proof, proven: false, endedEarly: true, gap: 0 }
  const answered = (row: Partial<typeof measured>, nextBound: number) => {
    const rows = [{ ...measured, ...row }]
    const ended = { ...search, rows, evaluations: rows, proof: { ...early, nextBound } }
    expect(searchPage(ended).sections[0].paragraphs).toContain(leftToProve(ended))
    return searchText(ended, 'table', false)
  }

  test('says that the interval includes remaining bounds, and what completes the proof', () => {
    expect(answered({ mean: 8332, halfWidth: 1647 }, 7676)).toContain(
      'The first row is the best so far: the search ended early. No remaining bound exceeds its mean of 8,332.0 q/s, but its interval, ± 1,647.0 q/s, includes bounds of up to 7,676.0 q/s, so it is not proven the best. More time for the search can complete it; more --repeats or --queries make the interval narrower.\n',
    )
  })

  test('says that a single repetition has no interval', () => {
    expect(answered({ halfWidth: Infinity }, 60)).toContain(
      'but a single repetition has no interval, so it is not proven the best. More time for the search can complete it; so can more --repeats.\n',
    )
  })

  test('says that it is not complete where the interval is above all bounds, as with --exhaustive', () => {
    expect(answered({}, 60)).toContain(
      'No remaining bound exceeds its mean of 72.0 q/s, but the search is not complete. More time for the search can complete it.\n',
    )
  })

  test('says by how much a remaining bound is higher', () => {
    const ended = { ...search, proof: { ...early, gap: 0.1, nextBound: 79.2 } }
    expect(leftToProve(ended)).toBeUndefined()
    expect(searchText(ended, 'table', false)).toContain('the largest remaining bound is 10.0% higher.\n')
  })
})

test('evaluations have numbers where their names would be cut', async () => {
  const named = (names: readonly string[]) => {
    const types = names.map((name) => ({ name, min: 0, max: 9, pricePerHour: 1, base: false }))
    return renderSvg(searchPlot({ ...search, space: { ...search.space, types } }))
  }
  expect(await named(['gpu', 'cpu'])).toContain('>gpu=1,cpu=2</text>')
  const svg = await named(
    ['gpu', 'cpu'].map((kind) => `standard-${kind}-with-local-disk.europe-west-1/zone-b`),
  )
  expect(svg).toContain('>evaluations</text>')
  expect(svg).toContain('>2</text>')
  expect(Number(/height="(\d+)"/.exec(svg)![1])).toBeLessThan(500)
})

test('the measured rate has a mark of its own, which stays visible among many refutations', async () => {
  const refuted = { ...search.evaluations[0], below: 72 }
  const evaluations = [measured, ...Array.from({ length: 100 }, () => refuted)]
  const svg = await renderSvg(searchPlot({ ...search, evaluations }))
  const marks = [
    ...svg.matchAll(/<path aria-label="[^"]*: (fluid bound|measured|refuted at)" [^>]*d="([^"]+)"/g),
  ]
  const sizeOf = (name: string) => {
    const path = marks.find(([, what]) => what === name)![2]
    return Math.max(...[...path.matchAll(/-?[\d.]+/g)].map(([number]) => Math.abs(Number(number))))
  }
  expect(marks.at(-1)![1]).toBe('measured')
  expect(sizeOf('measured')).toBeGreaterThan(2 * sizeOf('refuted at'))
  expect(new Set(marks.map(([, , path]) => path)).size).toBe(3)
  expect(svg).toContain('dashed line: the best measured rate')
})
