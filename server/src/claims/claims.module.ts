/** In: posts and debunks. Out: claims and what people decide of them. */
import { Module } from '@nestjs/common';
import { ClaimReader } from './claim-rows.ts';
import { ClaimsController } from './claims.controller.ts';
import { ClaimDetector } from './detect.ts';

@Module({
  controllers: [ClaimsController],
  providers: [ClaimDetector, ClaimReader],
  exports: [ClaimDetector, ClaimReader],
})
export class ClaimsModule {}
