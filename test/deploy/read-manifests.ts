/** The manifests of deploy/kubernetes as values, with what tests ask of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const folders = ['deploy/kubernetes', 'deploy/kubernetes/versions'];

const keyOf = z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const labels = z.record(z.string(), z.string());

const container = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  env: z.array(z.object({ name: z.string(), valueFrom: z.object({ secretKeyRef: keyOf }) })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({ requests: labels, limits: labels }),
  securityContext: z.json(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});

const template = z.object({
  metadata: z.object({ labels, annotations: labels }),
  spec: z.object({
    serviceAccountName: z.string(),
    terminationGracePeriodSeconds: z.int(),
    securityContext: z.looseObject({ runAsNonRoot: z.boolean(), runAsUser: z.int() }),
    containers: z.tuple([container]),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional(), labels: labels.optional() }).optional(),
});

const workload = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ replicas: z.int(), selector: z.object({ matchLabels: labels }).optional(), template }),
});

export const kustomization = z.object({
  namespace: z.string(),
  resources: z.array(z.string()),
  images: z.array(z.object({ name: z.string(), newName: z.string(), newTag: z.string() })),
});

export const budget = z.object({ spec: z.object({ selector: z.object({ matchLabels: labels }) }) });

export const workerDeployment = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    workerOptions: z.object({
      connectionRef: z.object({ name: z.string() }),
      temporalNamespace: z.string(),
      unsafeCustomBuildID: z.string(),
    }),
    rollout: z.object({ strategy: z.string() }),
  }),
});

export interface Manifest {
  readonly file: string;
  readonly body: z.infer<typeof manifest>;
}

export type Workload = z.infer<typeof workload>;
export type Container = z.infer<typeof container>;

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

export function manifestFiles(folder: string): string[] {
  return readdirSync(join(root, folder)).filter((file) => file.endsWith('.yaml'));
}

/** Every document of every file. */
export const manifests: readonly Manifest[] = folders.flatMap((folder) =>
  manifestFiles(folder).flatMap((name) => {
    const file = `${folder}/${name}`;
    return parseAllDocuments(read(file)).map((document) => {
      if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join('; ')}`);
      return { file, body: manifest.parse(document.toJS()) };
    });
  }),
);

export const ofKind = (kind: string): readonly Manifest[] => manifests.filter(({ body }) => body.kind === kind);

/** What runs pods of ours, in the files of a folder. */
export const workloadsIn = (folder: string): readonly Workload[] =>
  [...ofKind('Deployment'), ...ofKind('WorkerDeployment')]
    .filter(({ file }) => dirname(file) === folder)
    .map(({ body }) => workload.parse(body));

/** What runs pods of ours. */
export const workloads: readonly Workload[] = folders.flatMap(workloadsIn);

export const config = z
  .object({ metadata: z.object({ name: z.string() }), data: labels })
  .parse(ofKind('ConfigMap')[0]?.body);
