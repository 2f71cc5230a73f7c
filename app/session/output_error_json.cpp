#include "session/output_error_json.h"

namespace knobscope::session {

Json output_json(const OutputError& error) {
  Json object;
  object["output"] = error.output;
  object["elements"] = error.elements;
  object["max_abs_error"] = number(error.max_abs);
  object["max_rel_error"] = number(error.max_rel);
  object["rms_error"] = number(error.rms);
  object["relative_l2_error"] = number(error.relative_l2);
  object["max_ulp"] = number(error.max_ulp);
  object["nonfinite"] = error.nonfinite;
  object["unwritten"] = error.unwritten;
  object["failing"] = error.failing;
  object["first_bad"] = number(error.first_bad);
  object["first_bad_value"] = error.first_bad ? number(error.first_bad_value) : Json(nullptr);
  object["first_bad_reference"] = error.first_bad ? number(error.first_bad_reference) : Json(nullptr);
  return object;
}

}  // namespace knobscope::session
