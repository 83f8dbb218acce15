import Mustache
import OCI

// What stands in a page many times says its members' values itself: looking them up by reflection takes longer than
// all the rest of a page together.

extension TagRow: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "reference": reference.description
        case "head": head
        case "cells": cells
        case "rhythm": rhythm.field
        case "html": html
        default: nil
        }
    }
}

extension TagChart: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "heading": heading
        case "svg": svg
        case "table": table
        case "bucketLabel": bucketLabel
        case "buckets": buckets
        default: nil
        }
    }
}

extension StatusPage.Day: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "unchanged": unchanged
        case "changed": changed
        case "missing": missing
        case "failed": failed
        case "duration": duration
        default: nil
        }
    }
}

extension Moment: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "iso": iso
        case "exact": exact
        case "relative": relative
        case "html": html
        default: nil
        }
    }
}

extension Badge: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "style": style
        case "html": html
        default: nil
        }
    }
}

extension Link: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "href": href
        case "count": count.field
        case "isCurrent": isCurrent
        default: nil
        }
    }
}

extension Fact: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": label
        case "moment": moment.field
        case "text": text.field
        default: nil
        }
    }
}

extension TagListPage.Choice: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "value": value
        case "label": label
        case "isChosen": isChosen
        default: nil
        }
    }
}
