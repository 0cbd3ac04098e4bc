import { loadSync } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SERVICE = 'muster.v1.AgentService'

/** Adds the standard health and reflection services, so that ordinary gRPC clients find their way. */
export function addStandardServices(server: Server): HealthImplementation {
  const protoRoot = dirname(dirname(fileURLToPath(import.meta.resolve('@muster/proto'))))
  const definition = loadSync(join(protoRoot, 'muster/v1/agent_service.proto'), {
    includeDirs: [protoRoot],
    keepCase: true,
  })
  new ReflectionService(definition).addToServer(server)
  const health = new HealthImplementation({ '': 'SERVING', [SERVICE]: 'SERVING' })
  health.addToServer(server)
  return health
}
