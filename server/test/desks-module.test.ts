import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { routes, type Route } from '@minsheng/contracts';
import { BriefingDesk } from '../src/briefings/briefing-desk.ts';
import { BriefingsController } from '../src/briefings/briefings.controller.ts';
import { BriefingsModule } from '../src/briefings/briefings.module.ts';
import { BriefingFigures, Signer } from '../src/briefings/ports.ts';
import { deskBindings } from '../src/desk-bindings.ts';
import { Collector } from '../src/collect/collector.ts';
import { Enricher } from '../src/enrich/enricher.ts';
import { InboxController } from '../src/inbox/inbox.controller.ts';
import { InboxModule } from '../src/inbox/inbox.module.ts';
import { InboxIntake } from '../src/inbox/intake.ts';
import { AlertsPort, ReplySender, RoutingModel, Staff, Tokenizer, Vault } from '../src/inbox/ports.ts';
import { Audit } from '../src/platform/audit/audit.service.ts';
import { People } from '../src/platform/auth/people.ts';
import { Clock } from '../src/platform/clock.ts';
import { Database } from '../src/platform/database/database.ts';
import { ROUTE } from '../src/platform/http/endpoint.ts';
import { Live } from '../src/platform/live/live.ts';
import { createLog, Log } from '../src/platform/logging.ts';
import { Office } from '../src/platform/office.ts';
import { Secrets } from '../src/platform/secrets.ts';
import { Settings } from '../src/platform/settings/settings.ts';
import { CoveragePort } from '../src/rollups/coverage.ts';
import { PostViews } from '../src/posts/post-view.ts';
import { openTestDatabase } from './database.ts';

function boundBy(controller: { prototype: object }): Route[] {
  return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
    const method = Object.getOwnPropertyDescriptor(controller.prototype, name)?.value as object;
    return (Reflect.getMetadata(ROUTE, method) as Route | undefined) ?? [];
  });
}

describe('desk modules', () => {
  it('bind every route of the contract exactly once', () => {
    expect(new Set(boundBy(InboxController))).toEqual(new Set(Object.values(routes.inbox)));
    expect(boundBy(InboxController)).toHaveLength(Object.keys(routes.inbox).length);
    expect(new Set(boundBy(BriefingsController))).toEqual(new Set(Object.values(routes.briefings)));
    expect(boundBy(BriefingsController)).toHaveLength(Object.keys(routes.briefings).length);
  });

  it('are put together by dependency injection once the ports are bound', async () => {
    const db = await openTestDatabase();
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-key-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const secrets = Secrets.open(dataDir);
    const ports = [AlertsPort, CoveragePort, PostViews, BriefingFigures];
    const providers = [
      { provide: Database, useValue: db },
      Clock,
      Live,
      Audit,
      { provide: Log, useValue: createLog('silent') },
      { provide: Collector, useValue: {} },
      Settings,
      { provide: Secrets, useValue: secrets },
      { provide: Enricher, useValue: new Enricher({ segmenter: '@node-rs/jieba' }) },
      ...deskBindings,
      ...ports.map((provide) => ({ provide, useValue: {} })),
    ];
    const bound = {
      module: class Ports {},
      global: true,
      providers,
      exports: [
        Database,
        Clock,
        Live,
        Audit,
        Log,
        ReplySender,
        RoutingModel,
        Vault,
        Staff,
        Tokenizer,
        People,
        Office,
        Signer,
        ...ports,
      ],
    };
    const module = await Test.createTestingModule({ imports: [bound, InboxModule, BriefingsModule] }).compile();
    expect(module.get(InboxController)).toBeInstanceOf(InboxController);
    expect(module.get(BriefingDesk)).toBeInstanceOf(BriefingDesk);
    expect(await module.get(InboxIntake).step()).toBe(0);

    // What the pipeline sealed can be opened; a link signed for something else cannot be read.
    const sealed = secrets.seal('reply-handle', '{"openid":"o1"}');
    expect(module.get(Vault, { strict: false }).open(sealed)).toBe('{"openid":"o1"}');
    const signer = module.get(Signer, { strict: false });
    expect(signer.verify(signer.sign('briefing:x'))).toBe('briefing:x');
    expect(signer.verify(secrets.sign('session', 'briefing:x'))).toBeNull();
    expect(module.get(Tokenizer, { strict: false }).tokens('望江路停水')).toContain('停水');
    await module.close();
  });
});
