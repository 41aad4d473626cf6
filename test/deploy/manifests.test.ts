/** deploy/kubernetes: each object is what its schema says, and the files agree with one another and with the program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CliHost } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { readDeploymentPrefix } from '../../src/registry/deployments.ts';
import { isJsonObject, type Json } from '../../src/shared/json.ts';
import { parseVersionRef } from '../../src/shared/version-ref.ts';
import {
  budget,
  config,
  folders,
  kustomization,
  type Manifest,
  manifestFiles,
  manifests,
  ofKind,
  read,
  root,
  workerDeployment,
  workloads,
  workloadsIn,
} from './read-manifests.ts';

const kubernetes = JSON.parse(read('test/deploy/schemas/kubernetes.json')) as Json;
const controller = closed(JSON.parse(read('test/deploy/schemas/worker-controller.json')) as Json);
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false }).addSchema([
  kubernetes,
  controller,
] as never);

/** Kubernetes drops fields that a custom resource's schema does not have, so a misspelt one would do nothing. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isJsonObject(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value ?? null)]));
  return isJsonObject(schema['properties']) ? { additionalProperties: false, ...inner } : inner;
}

const SCHEMAS: Readonly<Record<string, string>> = {
  'v1 Namespace': 'kubernetes#/$defs/io.k8s.api.core.v1.Namespace',
  'v1 ServiceAccount': 'kubernetes#/$defs/io.k8s.api.core.v1.ServiceAccount',
  'v1 ConfigMap': 'kubernetes#/$defs/io.k8s.api.core.v1.ConfigMap',
  'apps/v1 Deployment': 'kubernetes#/$defs/io.k8s.api.apps.v1.Deployment',
  'policy/v1 PodDisruptionBudget': 'kubernetes#/$defs/io.k8s.api.policy.v1.PodDisruptionBudget',
  'networking.k8s.io/v1 NetworkPolicy': 'kubernetes#/$defs/io.k8s.api.networking.v1.NetworkPolicy',
  'temporal.io/v1alpha1 WorkerDeployment': 'worker-controller#/$defs/WorkerDeployment',
  'temporal.io/v1alpha1 Connection': 'worker-controller#/$defs/Connection',
};

const KUSTOMIZATION = 'Kustomization';
const objects = manifests.filter(({ body }) => body.kind !== KUSTOMIZATION);

function problems(body: Manifest['body']): string[] {
  const validate = ajv.getSchema(SCHEMAS[`${body.apiVersion} ${body.kind}`] ?? '');
  if (validate === undefined) return [`no schema of ${body.apiVersion} ${body.kind}`];
  if (validate(body) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('every object', () => {
  it.each(objects.map(({ file, body }) => [`${body.kind} ${body.metadata?.name}`, file, body] as const))(
    'is as its schema says: %s in %s',
    (_name, _file, body) => expect(problems(body)).toEqual([]),
  );

  it.each<[string, string, (body: never) => void]>([
    [
      'a misspelt probe',
      'Deployment',
      (body: { spec: { template: { spec: { containers: [object] } } } }) => {
        Object.assign(body.spec.template.spec.containers[0], { livenesProbe: {} });
      },
    ],
    [
      'a port that is text',
      'Deployment',
      (body: { spec: { template: { spec: { containers: [object] } } } }) => {
        Object.assign(body.spec.template.spec.containers[0], { ports: [{ containerPort: '8080' }] });
      },
    ],
    [
      'a strategy that the controller does not have',
      'WorkerDeployment',
      (body: { spec: { rollout: object } }) => {
        Object.assign(body.spec.rollout, { strategy: 'Blue' });
      },
    ],
    [
      'a field that the controller does not have',
      'WorkerDeployment',
      (body: { spec: object }) => {
        Object.assign(body.spec, { cutover: {} });
      },
    ],
    [
      'a misspelt field in a version’s pod',
      'WorkerDeployment',
      (body: { spec: { template: { spec: object } } }) => {
        Object.assign(body.spec.template.spec, { serviceAcountName: 'x' });
      },
    ],
    [
      'an address without a port',
      'Connection',
      (body: { spec: object }) => {
        Object.assign(body.spec, { hostPort: 'temporal' });
      },
    ],
  ])('would be found: %s', (_what, kind, spoil) => {
    const body = structuredClone(ofKind(kind)[0]?.body);
    if (body === undefined) throw new Error(`There is no ${kind}.`);
    spoil(body as never);
    expect(problems(body)).not.toEqual([]);
  });

  it('is in the namespace that is made, once', () => {
    const [namespace] = ofKind('Namespace').map(({ body }) => body.metadata?.name);
    const named = objects.map(({ body }) => `${body.kind} ${body.metadata?.name}`);
    expect(new Set(named).size).toBe(named.length);
    for (const { body } of objects.filter(({ body }) => body.kind !== 'Namespace')) {
      expect(body.metadata?.namespace, body.kind).toBe(namespace);
    }
  });

  it('is no secret', () => expect(ofKind('Secret')).toEqual([]));
});

describe('a kustomization', () => {
  it.each(folders)('lists every file of %s, and names the image of every pod', (folder) => {
    const found = ofKind(KUSTOMIZATION).find(({ file }) => file === `${folder}/kustomization.yaml`);
    const { resources, images, namespace } = kustomization.parse(found?.body);
    const files = manifestFiles(folder).filter((file) => file !== 'kustomization.yaml');
    expect([...resources].sort()).toEqual(files.sort());
    const used = workloadsIn(folder).map(({ spec }) => spec.template.spec.containers[0].image);
    expect(images.map(({ name }) => name).sort()).toEqual([...new Set(used)].sort());
    expect(namespace).toBe(ofKind('Namespace')[0]?.body.metadata?.name);
  });
});

const matches = (wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

describe('labels', () => {
  it('of a deployment’s pods are those that it selects, and no other workload’s', () => {
    for (const { metadata, spec } of workloads.filter(({ kind }) => kind === 'Deployment')) {
      const selected = workloads.filter((other) =>
        matches(spec.selector?.matchLabels ?? {}, other.spec.template.metadata.labels),
      );
      expect(selected.map((other) => other.metadata.name)).toEqual([metadata.name]);
    }
  });

  it('of a disruption budget select one workload of several pods', () => {
    const covered = ofKind('PodDisruptionBudget').map(({ body }) => {
      const { matchLabels } = budget.parse(body).spec.selector;
      const selected = workloads.filter(({ spec }) => matches(matchLabels, spec.template.metadata.labels));
      expect(selected, body.metadata?.name).toHaveLength(1);
      expect(selected[0]?.spec.replicas).toBeGreaterThan(1);
      return selected[0]?.metadata.name;
    });
    expect(new Set(covered)).toEqual(new Set(['mission-keeper', 'mission-workers', 'refund-eligibility']));
  });
});

describe.each(workloads.map((workload) => [workload.metadata.name, workload] as const))(
  'the pods of %s',
  (_name, workload) => {
    const { template } = workload.spec;
    const [container] = template.spec.containers;

    it('are probed where the program answers', () => {
      expect(container.envFrom.map(({ configMapRef }) => configMapRef.name)).toEqual([config.metadata.name]);
      expect(container.ports).toEqual([{ name: 'health', containerPort: Number(config.data['MISSION_HEALTH_PORT']) }]);
      // The loopback interface, which is the program's own choice, is not where probes come from.
      expect(config.data['MISSION_HEALTH_HOST']).toBe('0.0.0.0');
      const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
      expect(probes.map(({ httpGet }) => `${httpGet.port}${httpGet.path}`)).toEqual([
        'health/healthz',
        'health/healthz',
        'health/readyz',
      ]);
      expect(template.metadata.annotations).toMatchObject({
        'prometheus.io/port': config.data['MISSION_HEALTH_PORT'],
        'prometheus.io/path': '/metrics',
      });
      const server = read('src/telemetry/health-server.ts');
      for (const path of ['/healthz', '/readyz', '/metrics']) expect(server).toContain(`'${path}'`);
    });

    it('run a command that there is, with options that it has', () => {
      const [name = '', ...rest] = container.args;
      const command = commands().find((one) => one.name() === name);
      const options = command?.options.map(({ long }) => long);
      expect(rest.filter((word) => word.startsWith('--') && !options?.includes(word))).toEqual([]);
      expect(command).toBeDefined();
    });

    it('are given variables that are documented, and secrets that docs/production.md tells how to make', () => {
      const documented = read('docs/configuration.md');
      const names = [...Object.keys(config.data), ...container.env.map(({ name }) => name)];
      expect(names.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
      const told = read('docs/production.md');
      for (const { valueFrom } of container.env) {
        const { name, key } = valueFrom.secretKeyRef;
        expect(told, name).toContain(`generic ${name} `);
        expect(told, `${name} ${key}`).toContain(`${key}=`);
      }
    });

    it('cannot do without registry and redaction key: another key in each pod would make recordings that do not compare', () => {
      const needed = container.env.filter(({ valueFrom }) => !valueFrom.secretKeyRef.optional).map(({ name }) => name);
      expect(needed).toEqual(['DATABASE_URL', 'MISSION_REDACTION_KEY']);
    });

    it('have no rights, and write to volumes alone', () => {
      expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const volumes = template.spec.volumes.map(({ name }) => name);
      expect(container.volumeMounts.map(({ name }) => name)).toEqual(volumes);
      const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
      expect(mounted).toContain(config.data['XDG_CACHE_HOME']);
      expect(mounted).toContain('/tmp');
      const accounts = ofKind('ServiceAccount').map(({ body }) => body.metadata?.name);
      expect(accounts).toEqual([template.spec.serviceAccountName]);
      expect(container.resources.limits).toHaveProperty('memory');
    });

    it('get longer to stop than running activities do', () => {
      const drainMs = Number(/drainMs \?\? ([\d_]+)/.exec(read('src/fleet/fleet.ts'))?.[1]?.replaceAll('_', ''));
      expect(template.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(2 * drainMs);
    });
  },
);

describe('a mission with an image per version', () => {
  const resource = workerDeployment.parse(ofKind('WorkerDeployment')[0]?.body);
  const pods = workloads.find(({ kind }) => kind === 'WorkerDeployment')?.spec.template.spec.containers[0];
  const { workerOptions, rollout } = resource.spec;

  it('is connected as the workers are', () => {
    const connection = ofKind('Connection').find(
      ({ body }) => body.metadata?.name === workerOptions.connectionRef.name,
    );
    expect(connection?.body['spec']).toEqual({ hostPort: config.data['TEMPORAL_ADDRESS'] });
    expect(workerOptions.temporalNamespace).toBe(config.data['TEMPORAL_NAMESPACE']);
  });

  it('leaves traffic to the route', () => expect(rollout.strategy).toBe('Manual'));

  it('hosts one version of the mission that it is named after, by a build id such as ours', () => {
    const at = pods?.args.indexOf('--version') ?? -1;
    expect(parseVersionRef(pods?.args[at + 1] ?? '').mission).toBe(resource.metadata.name);
    expect(workerOptions.unsafeCustomBuildID).toMatch(/^[0-9a-f]{12}$/);
  });

  it('has a prefix that a worker deployment may have', () => {
    const prefix = `${resource.metadata.namespace}/`;
    expect(readDeploymentPrefix(prefix)).toBe(prefix);
    expect(read('docs/production.md')).toContain(`MISSION_DEPLOYMENT_PREFIX=${prefix}`);
  });

  it('has a keeper, which records what the versions’ pods do not', () => {
    const keeper = workloads.find(({ metadata }) => metadata.name === 'mission-keeper')?.spec.template.spec
      .containers[0];
    expect(keeper?.args).toEqual(['worker', '--no-host', '--mission', resource.metadata.name]);
    expect(pods?.args).toContain('--no-record');
  });
});

describe('deploy/project.Dockerfile', () => {
  const text = read('deploy/project.Dockerfile');

  it('runs what package.json names as the command, as the user that the pods have', () => {
    const { bin } = JSON.parse(read('package.json')) as { readonly bin: { readonly mission: string } };
    expect(text).toContain(`ENTRYPOINT ["node", "${join('/app/node_modules/mission-runtime', bin.mission)}"]`);
    expect(text).toMatch(/^USER node$/m);
  });

  it('is part of the package', () => {
    const { files } = JSON.parse(read('package.json')) as { readonly files: readonly string[] };
    expect(files).toContain('deploy');
    expect(files.filter((file) => !existsSync(join(root, file)) && file !== 'dist')).toEqual([]);
  });
});

function commands(): readonly Command[] {
  const program = new Command('mission');
  for (const { add } of COMMANDS) for (const one of add) one(program, {} as CliHost);
  return program.commands;
}
