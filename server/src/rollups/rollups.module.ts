/**
 * In: the platform. Out: the counters (for the pipeline to keep), their reader, and coverage.
 */
import { Module } from '@nestjs/common';
import { CoveragePort, RollupCoverage } from './coverage.ts';
import { RollupReader } from './rollup-reader.ts';
import { Rollups } from './rollups.ts';

@Module({
  providers: [Rollups, RollupReader, { provide: CoveragePort, useClass: RollupCoverage }],
  exports: [Rollups, RollupReader, CoveragePort],
})
export class RollupsModule {}
