/** Public traces that the guide reads by a map of their columns. */
import { expect, test } from 'vitest'
import type { ConvertTraceOptions } from '../../../../src/files/traces/convert-trace.ts'
import { convert } from '../convert.ts'

// alibaba-edu/qwen-bailian-usagetraces-anon, README.md
const QWEN = `{"chat_id": 159, "parent_chat_id": 55, "timestamp": 61.114, "input_length": 521, "output_length": 132, "type": "text", "turn": 2, "hash_ids": [1089]}
{"chat_id": 160, "parent_chat_id": -1, "timestamp": 61.5, "input_length": 44, "output_length": 7, "type": "text", "turn": 1, "hash_ids": [1090]}
`
// HPMLL/BurstGPT, BurstGPT_3.csv
const BURST_GPT = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
19440110.0,1722ac82-0a46-4bf0-aa08-89794e7a2b3f,43,GPT-4,906,446,1352,Conversation log
19440161.0,d5983bf9-4b48-497b-892b-a58995247443,2,ChatGPT,36,29,65,Conversation log
19440192.0,d5983bf9-4b48-497b-892b-a58995247443,2,GPT-4,65,40,105,Conversation log
`
// alibaba/clusterdata, cluster-trace-gpu-v2023, openb_pod_list_default.csv: times in seconds
const ALIBABA = `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
openb-pod-0000,12000,16384,1,1000,,LS,Running,0,12537496,0
openb-pod-0001,6000,12288,0,0,,LS,Running,427061,12902960,427061
openb-pod-0002,12000,24576,2,1000,,LS,Pending,427062,12902960,
`

test.each<[string, string, Omit<ConvertTraceOptions, 'path'>, number[], number[]]>([
  [
    'Qwen-Bailian',
    QWEN,
    { format: 'jsonl', map: { arrival: 'timestamp', size: 'input_length' }, unit: 's' },
    [0, 386],
    [521, 44],
  ],
  [
    'one model of BurstGPT',
    BURST_GPT,
    {
      format: 'csv',
      map: { arrival: 'Timestamp', size: 'Request tokens' },
      unit: 's',
      where: ['Model=GPT-4'],
    },
    [0, 82_000],
    [906, 65],
  ],
  [
    'pods of Alibaba',
    ALIBABA,
    { format: 'csv', map: { arrival: 'creation_time', size: 'num_gpu' }, unit: 's', drop: ['zero'] },
    [0, 427_062_000],
    [1, 2],
  ],
])('reads %s', async (_, content, options, arrivals, sizes) => {
  expect(await convert(content, options)).toMatchObject({ arrivals, sizes })
})
