import test from 'ava'
import { PLANE_FAULT_POINTS } from '@muster/control-plane'
import { walkPlane } from '../support/plane-walk.ts'

const WALKED_ELSEWHERE = ['dispatch', 'record', 'events', 'hello']
const subjects = new Set(PLANE_FAULT_POINTS.map((point) => point.slice(0, point.indexOf('.'))))

walkPlane([...subjects].filter((subject) => !WALKED_ELSEWHERE.includes(subject)))

test('every point of the plane is walked', (t) => {
  for (const subject of WALKED_ELSEWHERE) t.true(subjects.has(subject))
})
