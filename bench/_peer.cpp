// A plain loop over the arrays of a game for one draw: what a careful programmer would write by hand.
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" void solve(int steps, int stages, int columns, const int* stage_role, const int* node_ptr, const int* active,
                      const int* arc_ptr, const int* arc_bundle, const int* branch_ptr, const int* branch_next,
                      const int* branch_row, const int* pay_bundle, int ends, const double* cost, const double* prob,
                      const double* pay, const double* weight, const double* discount, const double* lam, double* value,
                      double* sigma, const int64_t* sigma_at) {
  const int C = columns, nodes = node_ptr[stages], first_stage = node_ptr[1], carry = nodes + ends;
  double q[64][16], e[64];
  double* ended = new double[(size_t)ends * C + 1];
  for (int i = 0; i < ends; i++)
    for (int c = 0; c < C; c++) ended[i * C + c] = weight[c] * pay[pay_bundle[first_stage + i] * C + c];
  for (int i = 0; i < active[steps * stages]; i++)
    for (int c = 0; c < C; c++)
      value[(int64_t)(carry + i) * C + c] = discount[c] * weight[c] * pay[pay_bundle[i] * C + c];
  for (int t = steps - 1; t >= 0; t--) {
    for (int i = 0; i < ends; i++)
      for (int c = 0; c < C; c++) {
        value[(int64_t)(nodes + i) * C + c] = discount[c] * ended[i * C + c];
        ended[i * C + c] = pay[pay_bundle[first_stage + i] * C + c] + discount[c] * ended[i * C + c];
      }
    for (int k = stages - 1; k >= 0; k--) {
      const int role = stage_role[k];
      const double l = lam[role];
      double* place = sigma + sigma_at[t * stages + k] - arc_ptr[node_ptr[k]];
      for (int node = node_ptr[k]; node < node_ptr[k] + active[t * stages + k]; node++) {
        const int first = arc_ptr[node], n = arc_ptr[node + 1] - first;
        double best = -1e300, total = 0;
        for (int a = 0; a < n; a++) {
          const double* own = cost + (int64_t)arc_bundle[first + a] * C;
          for (int c = 0; c < C; c++) q[a][c] = own[c];
          for (int b = branch_ptr[first + a]; b < branch_ptr[first + a + 1]; b++) {
            const double p = prob[branch_row[b]];
            const double* after = value + (int64_t)branch_next[b] * C;
            for (int c = 0; c < C; c++) q[a][c] += p * after[c];
          }
          best = std::max(best, q[a][role]);
        }
        for (int a = 0; a < n; a++) {
          e[a] = std::exp(l * (q[a][role] - best));
          total += e[a];
        }
        const double scale = 1 / total;
        double* here = value + (int64_t)node * C;
        for (int c = 0; c < C; c++) here[c] = 0;
        for (int a = 0; a < n; a++) {
          const double share = e[a] * scale;
          place[first + a] = share;
          for (int c = 0; c < C; c++) here[c] += share * q[a][c];
        }
      }
    }
    if (t > 0)
      for (int i = 0; i < active[t * stages]; i++)
        for (int c = 0; c < C; c++)
          value[(int64_t)(carry + i) * C + c] = discount[c] * (pay[pay_bundle[i] * C + c] + value[(int64_t)i * C + c]);
  }
  delete[] ended;
}
