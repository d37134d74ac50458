import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadEstate } from '../../src/config/loadEstate.js';
import { findProgram } from '../../src/servers/findServer.js';
import { runTool } from '../../src/servers/runTool.js';
import { say } from '../harness/say.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const timeoutMs = 30_000;

describe('what is in deploy/', () => {
  it('the alerts are right, and go off when they should, says promtool', async () => {
    const promtool = await findProgram('promtool', say);
    expect(await runTool(promtool, ['check', 'rules', join(root, 'deploy/alerts.yml')], { timeoutMs })).toContain(
      'SUCCESS',
    );
    expect(await runTool(promtool, ['test', 'rules', join(root, 'deploy/alerts.test.yml')], { timeoutMs })).toContain(
      'SUCCESS',
    );
  }, 300_000);

  it('docker-compose.yml is right; images are pinned, and the worker has few rights and no secret in its environment', async () => {
    const compose = await findProgram('dockerCompose', say);
    const text = await runTool(compose, ['-f', join(root, 'docker-compose.yml'), 'config'], { timeoutMs });
    const service = z.looseObject({ image: z.string(), environment: z.record(z.string(), z.unknown()).default({}) });
    const { services } = z.object({ services: z.record(z.string(), service) }).parse(parse(text));
    for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z0-9/-]+:\d+\.\d+(\.\d+)?$/);
    const secretName = /password(?!_file)|token|secret|key/i;
    for (const { environment } of Object.values(services))
      expect(Object.keys(environment).filter((name) => secretName.test(name))).toEqual([]);
    expect(services.worker).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^USER 10001:10001$/m);
  }, 300_000);

  it('prepare.sh makes every secret once, that nobody else on this machine can read, and a relock.yaml that is right', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relock-deploy-'));
    try {
      await cp(join(root, 'deploy'), join(folder, 'deploy'), {
        recursive: true,
        filter: (path) => !path.endsWith('local'),
      });
      const script = join(folder, 'deploy/prepare.sh');
      await runTool('sh', [script], { timeoutMs });
      const local = join(folder, 'deploy/local');
      const first = readFileSync(join(local, 'openbao_token'), 'utf8');
      expect(first).toMatch(/^[0-9a-f]{48}$/);
      await runTool('sh', [script], { timeoutMs });
      expect(readFileSync(join(local, 'openbao_token'), 'utf8')).toBe(first);
      const secrets = [
        ...readFileSync(join(root, 'docker-compose.yml'), 'utf8').matchAll(/deploy\/local\/([\w.]+) \}/g),
      ];
      expect(secrets.length).toBe(6);
      for (const [, name = ''] of secrets) expect(existsSync(join(local, name)), name).toBe(true);
      expect(statSync(local).mode & 0o077).toBe(0);
      expect(statSync(join(local, 'codec.keys')).mode & 0o007).toBe(0);
      expect(readFileSync(join(local, 'codec.keys'), 'utf8')).toMatch(/^[\w-]+ [A-Za-z0-9+/]{43}=\n$/);
      // Files of secrets are where the containers see them; here only the form is looked at.
      const loaded = loadEstate(join(local, 'relock.yaml'), { environment: {}, now: Date.now });
      const problems = 'problems' in loaded ? loaded.problems.map(({ message }) => message) : [];
      expect(problems.filter((message) => !message.includes('/run/secrets/'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
