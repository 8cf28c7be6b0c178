"""The services. This file keeps `services/calendar` from shadowing the standard library."""
