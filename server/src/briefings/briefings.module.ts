/**
 * In: the day's figures. Out: 舆情日报. Bound by app.module.ts, which also provides the ports: BriefingFigures, Signer (ports.ts),
 * Office, CoveragePort. The schedule calls `BriefingDesk.tick()` every minute.
 */
import { Module } from '@nestjs/common';
import { BriefingDesk } from './briefing-desk.ts';
import { BriefingsController } from './briefings.controller.ts';
import { InboxFigures } from './inbox-figures.ts';

@Module({
  controllers: [BriefingsController],
  providers: [BriefingDesk, InboxFigures],
  exports: [BriefingDesk],
})
export class BriefingsModule {}
