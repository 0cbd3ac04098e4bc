import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'
import test from 'ava'
import { startTestPlane, type TestPlane } from '../support/test-plane.ts'

// What grpcurl and load balancers call, over TLS with a device's certificate and without anything of Muster's own.

type Unary = (request: object, answer: (error: Error | null, response: Record<string, unknown>) => void) => void

async function clientFor(plane: TestPlane, service: ServiceClientConstructor) {
  const { ca, key, certificate } = (await plane.enrol('a')).identity
  const secure = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate))
  return new service(plane.grpcAddress, secure, { 'grpc.ssl_target_name_override': 'muster-gateway' })
}

/** A service of strings and numbers, as its public definition has it. */
function serviceOf(name: string, nested: object): ServiceClientConstructor {
  const path = name.split('.')
  const json = path.slice(0, -1).reduceRight<object>((inner, part) => ({ nested: { [part]: inner } }), { nested })
  const found = path.reduce<unknown>(
    (at, part) => (at as Record<string, unknown>)[part],
    loadPackageDefinition(fromJSON(json as never)),
  )
  return found as ServiceClientConstructor
}

const string = (id: number) => ({ type: 'string', id })

test('the standard health check says SERVING', async (t) => {
  const plane = await startTestPlane(t)
  const health = await clientFor(
    plane,
    serviceOf('grpc.health.v1.Health', {
      Ask: { fields: { service: string(1) } },
      Told: { fields: { status: { type: 'int32', id: 1 } } },
      Health: { methods: { Check: { requestType: 'Ask', responseType: 'Told' } } },
    }),
  )
  const check = health['Check'] as Unary
  const told = await new Promise<Record<string, unknown>>((resolve, reject) =>
    check.call(health, { service: 'muster.v1.AgentService' }, (error, response) =>
      error ? reject(error) : resolve(response),
    ),
  )
  t.is(told['status'], 1)
  health.close()
})

test('reflection lists the service, so that a client without our files finds it', async (t) => {
  const plane = await startTestPlane(t)
  const reflection = await clientFor(
    plane,
    serviceOf('grpc.reflection.v1.ServerReflection', {
      Ask: { fields: { listServices: string(7) } },
      Name: { fields: { name: string(1) } },
      Names: { fields: { service: { rule: 'repeated', type: 'Name', id: 1 } } },
      Told: { fields: { listServicesResponse: { type: 'Names', id: 6 } } },
      ServerReflection: {
        methods: {
          ServerReflectionInfo: { requestType: 'Ask', requestStream: true, responseType: 'Told', responseStream: true },
        },
      },
    }),
  )
  const open = reflection['ServerReflectionInfo'] as () => NodeJS.ReadWriteStream & { write(message: object): boolean }
  const stream = open.call(reflection)
  const told = await new Promise<{ listServicesResponse: { service: { name: string }[] } }>((resolve, reject) => {
    stream.once('data', resolve)
    stream.once('error', reject)
    stream.write({ listServices: '' })
  })
  stream.end()
  t.true(told.listServicesResponse.service.some(({ name }) => name === 'muster.v1.AgentService'))
  reflection.close()
})
