"""What MiniStack writes down beside the work: kept to the newest, so that its memory doesn't grow with use.

AWS keeps log streams until their group's retention ends (never, by default) and metrics for up to 15 months.
"""

from . import bus_events, function_logs, metric_points

BEHAVIOURS = (bus_events, function_logs, metric_points)
