import { expect, test } from 'vitest'
import { type Answer, inFrontOf, restServer } from './rest.ts'

const about = (extensions: string[]): Record<string, Answer> => ({
  '/v2': [200, JSON.stringify({ name: 's', version: '1', extensions })],
})

test.each<[string, Record<string, Answer>, string[]]>([
  ['takes them', about(['classification', 'binary_tensor_data']), ['binary_tensor_data']],
  ['takes JSON alone', about([]), []],
  ['does not describe itself', {}, []],
])(
  'the router offers binary tensors only where its server takes them: one that %s',
  async (_what, answers, expected) => {
    const { send } = await inFrontOf([await restServer(answers)])
    const response = await send('/v2')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ name: expect.any(String), version: '', extensions: expected })
  },
)
