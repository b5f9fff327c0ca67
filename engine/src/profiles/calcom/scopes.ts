import type { ApiDefinition } from "../../policy/define.ts";

/**
 * The ten permissions of platform clients, each a bit of a mask in Cal.com's own answers, and what
 * third-party tokens may ask for besides: a scope for an organization is good for its teams.
 */
export const calcomScopes = {
  EVENT_TYPE_READ: "Read event types",
  EVENT_TYPE_WRITE: "Create, change and delete event types",
  BOOKING_READ: "Read bookings",
  BOOKING_WRITE: "Create, change and cancel bookings",
  SCHEDULE_READ: "Read schedules",
  SCHEDULE_WRITE: "Create, change and delete schedules",
  APPS_READ: "Read connected apps and calendars",
  APPS_WRITE: "Connect and disconnect apps and calendars",
  PROFILE_READ: "Read the profile",
  PROFILE_WRITE: "Change the profile",

  TEAM_EVENT_TYPE_READ: "Read event types of teams",
  TEAM_EVENT_TYPE_WRITE: "Create, change and delete event types of teams",
  TEAM_BOOKING_READ: "Read bookings of teams",
  TEAM_BOOKING_WRITE: "Create, change and cancel bookings of teams",
  TEAM_SCHEDULE_READ: "Read schedules of team members",
  TEAM_SCHEDULE_WRITE: "Create, change and delete schedules of team members",
  TEAM_PROFILE_READ: "Read the profiles of teams",
  TEAM_PROFILE_WRITE: "Create, change and delete teams",
  TEAM_MEMBERSHIP_READ: "Read who belongs to teams",
  TEAM_MEMBERSHIP_WRITE: "Add, change and remove members of teams",

  ORG_EVENT_TYPE_READ: {
    title: "Read event types of the organization",
    implies: ["TEAM_EVENT_TYPE_READ"],
  },
  ORG_EVENT_TYPE_WRITE: {
    title: "Create, change and delete event types of the organization",
    implies: ["TEAM_EVENT_TYPE_WRITE"],
  },
  ORG_BOOKING_READ: {
    title: "Read bookings of the organization",
    implies: ["TEAM_BOOKING_READ"],
  },
  ORG_BOOKING_WRITE: {
    title: "Create, change and cancel bookings of the organization",
    implies: ["TEAM_BOOKING_WRITE"],
  },
  ORG_SCHEDULE_READ: {
    title: "Read schedules of the organization",
    implies: ["TEAM_SCHEDULE_READ"],
  },
  ORG_SCHEDULE_WRITE: {
    title: "Create, change and delete schedules of the organization",
    implies: ["TEAM_SCHEDULE_WRITE"],
  },
  ORG_PROFILE_READ: {
    title: "Read the profile of the organization",
    implies: ["TEAM_PROFILE_READ"],
  },
  ORG_PROFILE_WRITE: {
    title: "Change the profile of the organization",
    implies: ["TEAM_PROFILE_WRITE"],
  },
} as const satisfies ApiDefinition["scopes"];
