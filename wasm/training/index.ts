// The float32 kernels of training (src/model/autodiff/kernels.ts holds the TypeScript twins and says what each computes).
export { addProduct, addTransposedProduct, transpose } from './gemm';
export {
  accumulate,
  adam,
  addBatchNormSlope,
  addColumnDots,
  addColumnSums,
  addReluSlope,
  maxPool,
  relu,
  scaleColumns,
} from './vector';
