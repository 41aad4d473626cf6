import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { findServer } from '../../src/temporal/find-server.ts';
import { runCommand } from '../../src/temporal/run-command.ts';
import { runTypeScript } from './support/run-typescript.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (file: string) => readFileSync(join(root, file), 'utf8');

const service = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
});
const composeFile = z.object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) });

const { services, volumes } = composeFile.parse(parse(text('docker-compose.yml'), { merge: true }));
const all = Object.entries(services);
const ours = all.filter(([, { image }]) => image === 'mission-runtime');

describe('docker-compose.yml', () => {
  it('starts our services by commands that the command line offers', async () => {
    expect(ours.map(([name]) => name)).toContain('worker');
    const commands = ours.flatMap(([, { command, healthcheck }]) => [command?.[0], healthcheck?.test.at(-1)]);
    for (const command of new Set(commands)) {
      const help = await runTypeScript(`process.argv.push('${command}', '--help'); await import('./src/cli/main.ts');`);
      expect(help).toContain(`mission ${command}`);
    }
  });

  it('waits only for services that are there, and for health only where health is checked', () => {
    for (const [name, { depends_on }] of all) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        expect(services[needed], `${name} needs ${needed}`).toBeDefined();
        if (condition === 'service_healthy') expect(services[needed]?.healthcheck, needed).toBeDefined();
      }
    }
  });

  it('points our services at the Temporal server and the database that it starts', () => {
    for (const [, { environment }] of ours) {
      expect(services[environment['TEMPORAL_ADDRESS']?.split(':')[0] ?? '']).toBe(services['temporal']);
      expect(services[new URL(environment['DATABASE_URL'] ?? '').hostname]).toBe(services['postgresql']);
      expect(environment['TEMPORAL_NAMESPACE']).toBe(services['temporal-namespace']?.environment['TEMPORAL_NAMESPACE']);
    }
  });

  it('opens ports to this machine only, and pins every image', () => {
    for (const [name, { ports, image }] of all) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      if (image !== 'mission-runtime') expect(image, name).toMatch(/^[a-z/-]+:\d[\d.]*$/);
    }
  });

  it('mounts only what is there', () => {
    for (const source of all.flatMap(([, mounted]) => mounted.volumes.map((volume) => volume.split(':')[0] ?? ''))) {
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true);
      else expect(Object.keys(volumes)).toContain(source);
    }
    for (const script of all.flatMap(([, { entrypoint = [] }]) =>
      entrypoint.filter((word) => word.startsWith('/docker/')),
    )) {
      expect(existsSync(join(root, script)), script).toBe(true);
    }
  });

  it('holds no password', () => {
    const passwords = text('docker-compose.yml').match(/(?<=PASSWORD: |_PWD: |missions:).*/g) ?? [];
    expect(passwords.length).toBeGreaterThan(2);
    for (const password of passwords) expect(password).toMatch(/^\$\{POSTGRES_PASSWORD/);
  });
});

describe('docker/temporal-namespace.sh', () => {
  it('makes a namespace that missions can run in, and does no harm when run again', async () => {
    const { path } = await findServer();
    const address = inject('temporalAddress');
    const env = {
      ...process.env,
      PATH: `${dirname(path)}:${process.env['PATH']}`,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: 'composed',
    };
    for (const _again of [1, 2]) {
      const made = await runCommand('sh', [join(root, 'docker/temporal-namespace.sh')], { env, timeoutMs: 50_000 });
      expect(made).toMatchObject({ reason: '' });
    }
    const connection = await Connection.connect({ address });
    const { count } = await connection.workflowService.countWorkflowExecutions({ namespace: 'composed' });
    expect(Number(count)).toBe(0);
    await connection.close();
  });
});

describe('Dockerfile', () => {
  it('copies only what is there and what .dockerignore lets through', () => {
    const copied = [...text('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      (match) => match[1]?.split(' ') ?? [],
    );
    const allowed = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(copied.length).toBeGreaterThan(3);
    for (const file of copied) expect(existsSync(join(root, file)), file).toBe(true);
    expect([...copied].sort()).toEqual([...allowed].sort());
  });

  it('starts the command that package.json names', () => {
    const bin = z.object({ bin: z.object({ mission: z.string() }) }).parse(JSON.parse(text('package.json')))
      .bin.mission;
    expect(text('Dockerfile')).toContain(`ENTRYPOINT ["node", "${join('/app', bin)}"]`);
  });
});
